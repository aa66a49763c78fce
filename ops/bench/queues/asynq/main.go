// What ComputeHub's tasks are measured beside: asynq on a Redis that listens on a socket file.
//
//	asynq SOCKET
//
// Prints one JSON line a figure. Names, producers, slots, numbers and the text of a task are those of ComputeHub's
// figures in ../../tasks.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
)

const (
	taskInput      = `{"text":"Say in one sentence what a queue promises."}`
	producers      = 16
	connectionsMax = 64
	tasks          = 20_000
	enqueueTime    = 4 * time.Second
	perSecond      = 500
	warmUp         = 1_000
	timed          = 5_000
	// The default; and one with which an empty queue is looked at often enough for a short wait.
	checkByDefault = time.Second
	checkOften     = time.Millisecond
)

type figure struct {
	Name  string   `json:"name"`
	Value float64  `json:"value"`
	Unit  string   `json:"unit"`
	N     int      `json:"n"`
	P50   *float64 `json:"p50_ms,omitempty"`
	P99   *float64 `json:"p99_ms,omitempty"`
}

func main() {
	if len(os.Args) != 2 {
		giveUp("usage: asynq SOCKET")
	}
	bench := newBench(os.Args[1])
	bench.enqueue(16)
	bench.enqueue(64)
	for _, slots := range []int{50, 200} {
		bench.done(slots)
	}
	bench.latency("latency", checkByDefault)
	bench.latency("latency.check_1ms", checkOften)
}

func giveUp(what any) {
	fmt.Fprintln(os.Stderr, "asynq:", what)
	os.Exit(1)
}

func require(err error) {
	if err != nil {
		giveUp(err)
	}
}

type bench struct {
	socket string
	redis  *redis.Client
	client *asynq.Client
}

func newBench(socket string) *bench {
	// A connection for each producer: none waits for another's.
	connections := redis.NewClient(&redis.Options{Network: "unix", Addr: socket, PoolSize: connectionsMax})
	return &bench{socket, connections, asynq.NewClientFromRedisClient(connections)}
}

func (b *bench) clear() {
	require(b.redis.FlushAll(context.Background()).Err())
}

func (b *bench) put(number int) {
	_, err := b.client.Enqueue(asynq.NewTask("noop", []byte(taskInput)), asynq.TaskID(idOf(number)))
	require(err)
}

// Tasks taken in while nothing takes them out.
func (b *bench) enqueue(producers int) {
	b.clear()
	var taken atomic.Int64
	start := time.Now()
	produce(producers, func() bool {
		b.put(int(taken.Add(1)))
		return time.Since(start) < enqueueTime
	})
	n := int(taken.Load())
	rate := float64(n) / time.Since(start).Seconds()
	tell(figure{Name: fmt.Sprintf("enqueue.%d", producers), Value: rate, Unit: "tasks/s", N: n})
}

// Tasks taken in and completed, from the first request until the last is marked as done.
func (b *bench) done(slots int) {
	b.clear()
	var completed atomic.Int64
	all := make(chan struct{})
	server := b.serve(slots, checkByDefault, func(int) {
		if completed.Add(1) == tasks {
			close(all)
		}
	})
	var next atomic.Int64
	start := time.Now()
	produce(producers, func() bool {
		number := next.Add(1)
		if number <= tasks {
			b.put(int(number))
		}
		return number < tasks
	})
	<-all
	seconds := time.Since(start).Seconds()
	server.Shutdown()
	tell(figure{Name: fmt.Sprintf("done.post.%d_slots", slots), Value: tasks / seconds, Unit: "tasks/s", N: tasks})
}

// A task from its request until it is marked as done, at a steady pace.
func (b *bench) latency(name string, check time.Duration) {
	b.clear()
	sent := make([]time.Time, warmUp+timed)
	took := make([]float64, warmUp+timed)
	var completed atomic.Int64
	all := make(chan struct{})
	server := b.serve(50, check, func(number int) {
		took[number] = time.Since(sent[number]).Seconds() * 1e3
		if completed.Add(1) == warmUp+timed {
			close(all)
		}
	})
	var next atomic.Int64
	start := time.Now()
	produce(producers, func() bool {
		number := int(next.Add(1)) - 1
		if number < len(sent) {
			time.Sleep(time.Until(start.Add(time.Duration(number) * time.Second / perSecond)))
			sent[number] = time.Now()
			b.put(number)
		}
		return number < len(sent)-1
	})
	<-all
	server.Shutdown()
	took = took[warmUp:]
	sort.Float64s(took)
	tell(figure{Name: name, Value: perSecond, Unit: "tasks/s", N: timed, P50: &took[timed/2], P99: &took[timed*99/100]})
}

// Workers that do nothing; `done` is told of each task when Redis has it as completed.
func (b *bench) serve(slots int, check time.Duration, done func(number int)) *asynq.Server {
	connections := redis.NewClient(&redis.Options{Network: "unix", Addr: b.socket, PoolSize: slots + 16})
	connections.AddHook(completions{done})
	server := asynq.NewServerFromRedisClient(connections, asynq.Config{
		Concurrency: slots, TaskCheckInterval: check, LogLevel: asynq.WarnLevel})
	require(server.Start(asynq.HandlerFunc(func(context.Context, *asynq.Task) error { return nil })))
	return server
}

// Calls `step` again and again in each producer until it says that it was the last.
func produce(producers int, step func() bool) {
	var all sync.WaitGroup
	for range producers {
		all.Add(1)
		go func() {
			defer all.Done()
			for step() {
			}
		}()
	}
	all.Wait()
}

func tell(f figure) {
	line, err := json.Marshal(f)
	require(err)
	fmt.Println(string(line))
}
