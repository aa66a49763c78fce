"""The oracle of test_queue_promises.py finds what is wrong: a real record passes, and each falsehood in it is named."""
import collections
import copy
import json
import subprocess

import campaign
import hub
import pytest
import queue_load
import task_oracle

LIMIT, SLOTS = 40, 2


def export_of(server):
    done = subprocess.run([hub.BINARY, "audit", "export", "--data", server.data, "--file", "-"], check=True,
                          capture_output=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    """Of a queue that was full, with delayed tasks, cancelled ones, and ones that were sent again."""
    server = hub.Server(tmp_path_factory.mktemp("record"), ["--noop-models"]).start()
    try:
        client = campaign.QuickClient(server.url)
        client.post(queue_load.MODELS, {"name": "m", "type": "noop", "max_workers": SLOTS, "max_queue_size": LIMIT})
        task = {"model_id": "m", "type": "custom", "input": 1}
        tasks = [{**task, "priority": 1 + number % 3} for number in range(LIMIT - 2)]
        tasks += [{**task, "run_at": queue_load.instant(1.5)}] * 2
        items = client.post(f"{queue_load.TASKS}/batch", tasks).json()["items"]
        for item in items[10:16]:
            client.delete(f"{queue_load.TASKS}/{item['id']}")
        for item in items[12:14]:
            client.post(f"{queue_load.TASKS}/{item['id']}/retry")
        client.put(f"{queue_load.MODELS}/m/status", {"status": "online"})
        for item in items:
            client.get(f"{queue_load.TASKS}/{item['id']}", wait="ended")
        assert server.stop() == 0
        return export_of(server)
    finally:
        server.clean_up()


def judged(record):
    return task_oracle.Oracle().read(json.dumps(each) for each in record).finish()


def renumbered(record):
    """What is false is not found by its numbers."""
    seqs, versions = collections.Counter(), collections.Counter()
    for each in record:
        if "id" not in each:
            continue
        partition = each["id"].split(":")[0]
        seqs[partition] += 1
        each["id"] = f"{partition}:{seqs[partition]}"
        for entity, version in (("subject", "version"), ("parent", "parentversion")):
            if entity in each and ".internal." not in each["type"]:  # a message names whom it is for
                versions[each[entity]] += 1
                each[version] = versions[each[entity]]
    return record


def of_type(record, kind):
    found = [each for each in record if each["type"] == f"computehub.{kind}.v1"]
    assert found, kind
    return found


def swap_two_starts(record):
    one, other = of_type(record, "task.started")[3:5]
    one["subject"], other["subject"] = other["subject"], one["subject"]


def swap_two_of_a_batch(record):
    one, other = of_type(record, "task.submitted")[0:4:3]
    assert one["data"]["priority"] == other["data"]["priority"]
    one["subject"], other["subject"] = other["subject"], one["subject"]


def lose_an_end(record):
    record.remove(of_type(record, "task.completed")[5])


def lose_the_last_end(record):
    record.remove(of_type(record, "task.completed")[-1])


def lose_the_last_run(record):
    id = of_type(record, "task.started")[-1]["subject"]
    record[:] = [each for each in record if each.get("subject") != id or "submitted" in each["type"]]


def complete_one_twice(record):
    done = of_type(record, "task.completed")[5]
    record.insert(record.index(done) + 1, copy.deepcopy(done))


def admit_one_more(record):
    last = of_type(record, "task.submitted")[-1]
    record.insert(record.index(last) + 1, {**copy.deepcopy(last), "subject": "tsk_" + "0" * 28})


def admit_one_twice(record):
    first, last = of_type(record, "task.submitted")[0], of_type(record, "task.cancelled")[-1]
    record.insert(record.index(last) + 1, copy.deepcopy(first))


def let_one_pass(record):
    of_type(record, "model.created")[0]["data"]["status"] = "online"
    of_type(record, "task.submitted")[5]["data"]["starts"] = True


def have_fewer_slots(record):
    of_type(record, "model.created")[0]["data"]["spec"]["max_workers"] = SLOTS - 1


def switch_on_later(record):
    switched = of_type(record, "model.status_set")[0]
    place = record.index(switched)
    record[place], record[place + 1] = record[place + 1], switched


def wake_too_early(record):
    woken = of_type(record, "model.woken")[0]
    woken["data"]["at"] = queue_load.instant(60)


def do_not_wake(record):
    record.remove(of_type(record, "model.woken")[0])


def give_up_too_early(record):
    done = of_type(record, "task.completed")[5]
    done["type"] = "computehub.task.failed.v1"
    done["data"]["end"]["code"] = "call.server_error"


def send_again_what_is_done(record):
    done, again = of_type(record, "task.completed")[5], of_type(record, "task.requeued")[0]
    record.insert(record.index(done) + 1, {**copy.deepcopy(again), "subject": done["subject"]})


def cut_off(record):
    record.pop()


@pytest.mark.parametrize("falsify, words", [
    (swap_two_starts, "another one is before it"), (swap_two_of_a_batch, "another one is before it"),
    (lose_an_end, "more than its slots"), (lose_the_last_end, "lost"),
    (lose_the_last_run, "a slot is free and somebody waits"),
    (complete_one_twice, "completed, and does not run"), (admit_one_more, "over-admitted"),
    (admit_one_twice, "submitted twice"), (let_one_pass, "past those that wait"),
    (have_fewer_slots, "more than its slots"), (switch_on_later, "it is not to be called"),
    (wake_too_early, "woken before the time came"), (do_not_wake, "before its time"),
    (give_up_too_early, "given up too early"), (send_again_what_is_done, "sent again, and has not ended"),
    (cut_off, "the record is cut off")])
def test_what_is_false_is_found(record, falsify, words):
    false = copy.deepcopy(record)
    falsify(false)
    with pytest.raises(task_oracle.Broken, match=words):
        judged(renumbered(false))


@pytest.mark.parametrize("falsify, words", [
    (lose_an_end, "a record is missing"), (complete_one_twice, "a record is missing"),
    (lambda record: of_type(record, "task.started")[1].update(version=7), "a version is missing"),
    (lambda record: of_type(record, "task.started")[1].update(parentversion=7), "a version is missing")])
def test_gaps_are_found_by_their_numbers(record, falsify, words):
    false = copy.deepcopy(record)
    falsify(false)
    with pytest.raises(task_oracle.Broken, match=words):
        judged(false)


def test_a_true_record_passes(record):
    oracle = judged(record)
    assert judged(renumbered(copy.deepcopy(record))).counts == oracle.counts
    [model] = oracle.models.values()
    assert (model.most, len(oracle.tasks)) == (SLOTS, LIMIT)
    assert collections.Counter(task.status for task in oracle.tasks.values()) == {"completed": LIMIT - 4, "cancelled": 4}
    assert sum(task.requeues for task in oracle.tasks.values()) == 2


def test_it_is_known_when_a_queue_was_full(record):
    [model] = judged(record).models.values()
    [(begin, end)] = model.full
    assert model.was_full(begin, begin) and model.was_full("2000", "2999") and model.was_full("2000", begin)
    assert not model.was_full("2000", "2001") and not model.was_full(end + "1", "2999")
