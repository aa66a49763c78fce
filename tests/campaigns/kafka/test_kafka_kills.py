"""Nodes killed under load; and what the checker says of their record when something is wrong with it."""
import copy
import itertools

import campaign
import checker
import pytest
import rig
import topic

pytestmark = pytest.mark.skipif(not campaign.LONG, reason="with HUB_LONG: it takes minutes")


def test_what_clients_were_answered_holds_behind_every_kill_of_a_node(kills, figures):
    figures(seed=kills.seed, **kills.figures, **rig.percentiles("takeover_s", kills.takeovers),
            **rig.percentiles("return_s", kills.returns), bound_s=rig.TAKEOVER_S_MAX)
    if campaign.LONG:
        assert rig.percentile(kills.takeovers, 0.99) < rig.TAKEOVER_S_MAX


@pytest.fixture
def history(kills):
    """A good one, to be spoilt."""
    assert checker.check(kills.history) == []
    return copy.deepcopy(kills.history)


def of_one_partition(history, of_type=None):
    """The records of the partition that has most, in order."""
    by_partition = {number: list(found) for number, found in itertools.groupby(
        sorted(history.written, key=lambda each: (each.partition, each.offset)), lambda each: each.partition)}
    longest = max(by_partition.values(), key=len)
    return [each for each in longest if of_type is None or of_type(each)]


def acknowledged_event(history, last=False):
    """One that a command caused which was acknowledged; of a batch of its own when it is to be the last one."""
    owner = history.owner_of_keys()
    ids = {checker.command_id(owner, each.key) for each in history.operations
           if each.outcome == checker.OK and each.kind in ("create", "change")}
    events = of_one_partition(history, lambda each: each.is_event() and each.attributes.get("commandid") in ids)
    return events[-1 if last else len(events) // 2]


def batch_of(history, event):
    [batch] = [batch for batch in topic.Counted(history.written).batches[event.partition]
               if batch.end.first <= event.seq <= batch.end.last]
    [end] = [each for each in history.written if each.partition == event.partition and each.type == topic.BATCH_END
             and each.seq == batch.end.last and each.author == batch.author
             and each.offset > batch.records[-1].offset][:1]
    return [*batch.records, end]


def named(history, rule, word):
    found = checker.check(history)
    assert [line for line in found if line.startswith(rule) and word in line], found[:5]


def test_the_checker_finds_an_event_that_is_lost(history):
    history.written.remove(acknowledged_event(history))
    named(history, "K1", "lost")
    named(history, "K4", "torn")


def test_the_checker_finds_a_loss_of_everything_from_some_point_on(history):
    event = acknowledged_event(history)
    first = batch_of(history, event)[0]
    history.written = [each for each in history.written
                       if each.partition != first.partition or each.offset < first.offset]
    assert not [line for line in checker.check(history) if line.startswith("K4")], "what is left is a sound record"
    named(history, "K1", "lost")
    named(history, "K9", "not there")


def test_the_checker_finds_an_event_that_is_there_twice(history):
    event = acknowledged_event(history)
    history.written.insert(history.written.index(event), copy.deepcopy(event))
    named(history, "K4", "should be")
    named(history, "K1", "doubled")


def test_the_checker_finds_a_command_that_was_done_twice_in_good_order(history):
    event = acknowledged_event(history)
    last = of_one_partition(history)[-1]
    again = copy.deepcopy(event)
    # By itself each of both is sound: what tells is the command that made them.
    again.attributes["id"] = f"{last.partition}:{last.seq + 1}"
    again.attributes["epoch"], again.attributes["owner"] = str(last.author[0]), last.author[1]
    end = copy.deepcopy(last)
    end.attributes["id"] = again.attributes["id"]
    found = topic.end_of(last.value)
    end.value = end_bytes(found.partition, found.epoch, last.seq + 1)
    history.written += [again, end]
    named(history, "K1", "doubled")


def end_bytes(partition, epoch, seq):
    """The end of a batch of one record, without outcomes."""
    numbers = b"".join(varint(each) for each in (0, partition, epoch, seq, seq, 1, 0, 0, 0))
    return numbers + bytes(32)


def varint(number):
    made = b""
    while number >= 0x80:
        made += bytes([number & 0x7f | 0x80])
        number >>= 7
    return made + bytes([number])


def test_the_checker_finds_events_that_changed_places(history):
    events = of_one_partition(history, lambda each: each.is_event())
    one, other = events[len(events) // 2:][:2]
    at, there = history.written.index(one), history.written.index(other)
    history.written[at], history.written[there] = other, one
    named(history, "K4", "should be")


def test_the_checker_finds_a_batch_that_came_in_part(history):
    inner = [each for each in of_one_partition(history) if each.type == topic.BATCH_END
             and topic.end_of(each.value).count > 0][:-1]
    history.written.remove(inner[len(inner) // 2])
    named(history, "K4", "torn")


def test_the_checker_finds_a_last_batch_that_has_no_end(history):
    last = of_one_partition(history)[-1]
    assert last.type == topic.BATCH_END
    history.written.remove(last)
    named(history, "K4", "ends within a batch")


def test_the_checker_finds_that_a_zombie_was_acknowledged(history):
    event = acknowledged_event(history, last=True)
    batch = batch_of(history, event)
    behind = {id(each) for each in history.written
              if each.partition == event.partition and each.offset > batch[-1].offset}
    history.written = [each for each in history.written if id(each) not in behind]
    # As an owner of an epoch before would have written it, to whom a commit was told.
    for each in batch:
        each.attributes["epoch"], each.attributes["owner"] = "1", "0123456789abcdef"
    named(history, "K1", "zombie")


def test_the_checker_finds_an_epoch_that_nobody_claimed(history):
    for each in batch_of(history, acknowledged_event(history)):
        each.attributes["epoch"] = "1000000"
    named(history, "K4", "nobody claimed")


def test_the_checker_finds_what_was_refused_and_is_there_all_the_same(history):
    [done, *_] = [each for each in history.operations if each.kind == "create" and each.outcome == checker.OK]
    done.outcome = checker.FAIL
    named(history, "K2", "there")


def test_the_checker_finds_what_was_not_answered_and_done_twice(history):
    event = acknowledged_event(history)
    owner = history.owner_of_keys()
    [operation] = [each for each in history.operations
                   if checker.command_id(owner, each.key) == event.attributes["commandid"]]
    operation.outcome = checker.UNKNOWN
    assert checker.check(history) == []
    history.written.insert(history.written.index(event), copy.deepcopy(event))
    named(history, "K3", "doubled")


@pytest.mark.parametrize("spoil, word", [
    (lambda ids: ids.pop(len(ids) // 2), "gap"),
    (lambda ids: ids.append(ids[-1]), "repeated"),
    (lambda ids: ids.append("0:99999999"), "not there"),
    (lambda ids: ids.sort(key=rig.position, reverse=True), "inversion")])
def test_the_checker_finds_a_stream_with_a(history, spoil, word):
    spoil(history.streams["two"])
    named(history, "K9 two", word)
