package main

import (
	"context"
	"net"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
)

const idPrefix = "bench-"

func idOf(number int) string { return idPrefix + strconv.Itoa(number) }

// Sees which tasks the server has marked as done: asynq tells nobody, so its own commands are listened to.
type completions struct {
	done func(number int)
}

func (c completions) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		return next(ctx, network, address)
	}
}

func (c completions) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func (c completions) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		err := next(ctx, cmd)
		if err == nil {
			if number, is := completedBy(cmd.Args()); is {
				c.done(number)
			}
		}
		return err
	}
}

// Of all scripts of the server the one that marks a task as done has five keys, the third of which is the task's.
func completedBy(args []any) (int, bool) {
	const keys, taskKey = 2, 5
	if len(args) <= taskKey || (args[0] != "evalsha" && args[0] != "eval") || args[keys] != 5 {
		return 0, false
	}
	key, is := args[taskKey].(string)
	if !is {
		return 0, false
	}
	_, text, found := strings.Cut(key, ":t:"+idPrefix)
	number, err := strconv.Atoi(text)
	return number, found && err == nil
}
