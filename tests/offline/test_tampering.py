"""Whoever can write the files of the log and knows its format, but has not the key, is found: first bad position
named, exit code 5."""
import re

import folders
import pytest

# Where the record is wrong from then on is where it is found.
EXACT = ["change", "insert", "delete", "reorder"]
# With all later hashes made to fit, the next signature does not.
RECHAINED = ["change-rechained", "insert-rechained", "delete-rechained", "reorder-rechained"]


def checkpoints_over(records, partition, seq):
    """The seqs of the partition's checkpoints that sign a head at or behind `seq`."""
    return [s for (p, s), record in records.items() if p == partition and
            record["type"] == "computehub.internal.checkpoint.v1" and record["data"]["seq"] >= seq]


@pytest.fixture(scope="module")
def places(record):
    """Of each partition with a later checkpoint: the place of a user's event that is followed by others."""
    found = []
    records = folders.records(record)
    for partition in sorted({place[0] for place in records}):
        seqs = sorted(seq for p, seq in records if p == partition)
        for seq in seqs:
            event = records[partition, seq]
            if "subject" in event and event["version"] == 1 and checkpoints_over(records, partition, seq + 2):
                found.append((partition, seq))
                break
    assert len(found) >= 5
    return found


def bad_position(done):
    match = re.fullmatch(r"bad at (\d+):(\d+): .+", done.last_line)
    assert match, done
    return int(match[1]), int(match[2])


def tampered(copy_of, record, what, partition, seq):
    data = copy_of(record)
    folders.tamper(data, what, partition, seq)
    return data


def verify(data, *arguments):
    done = folders.run("audit", "verify", *arguments, data=data, code=5)
    report = folders.run("-o", "json", "audit", "verify", *arguments, data=data, code=5).json()
    assert report["sound"] is False
    assert report["fault"]["position"] == "%d:%d" % bad_position(done)
    return bad_position(done)


@pytest.mark.parametrize("what", EXACT)
@pytest.mark.parametrize("index", range(4))
def test_a_change_is_found_where_it_is(copy_of, record, places, what, index):
    partition, seq = places[index]
    assert verify(tampered(copy_of, record, what, partition, seq)) == (partition, seq)


@pytest.mark.parametrize("what", RECHAINED)
@pytest.mark.parametrize("index", range(4))
def test_hashes_made_to_fit_are_found_by_the_next_signature(copy_of, record, places, what, index):
    partition, seq = places[index]
    records = folders.records(record)
    found = verify(tampered(copy_of, record, what, partition, seq))
    assert found[0] == partition and seq <= found[1] <= min(checkpoints_over(records, partition, seq)) + 1


@pytest.mark.parametrize("index", range(2))
def test_a_fork_that_is_signed_with_another_key_is_found(copy_of, record, places, index):
    partition, seq = places[index]
    data = tampered(copy_of, record, "fork-and-sign", partition, seq)
    found = verify(data)
    assert found[0] == partition and found[1] >= seq


def test_a_fork_whose_key_lies_beside_the_log_is_found_with_the_key_that_was_kept(copy_of, record, own_server):
    """Another system's whole log in place of this one is sound by itself: what was kept elsewhere shows the swap."""
    own_server.client().create(desired="stopped")
    own_server.stop()
    data = own_server.data
    folders.run("audit", "verify", data=data, code=0)
    verify(data, "--public-key", str(record / "log" / "public-key.pem"))


def test_swapped_shards_are_found(copy_of, record, places):
    one, other = places[0][0], places[1][0]
    assert verify(tampered(copy_of, record, "swap-shards", one, other))[0] in (one, other)


def test_one_partition_cut_alone_is_found_by_the_signatures_of_the_others(copy_of, record, places):
    partition, seq = places[0]
    found = verify(tampered(copy_of, record, "truncate", partition, seq))
    assert found[0] == partition and found[1] <= seq


def test_a_cut_of_everything_is_a_shorter_record_and_found_with_the_checkpoint_that_was_kept(copy_of, record):
    kept = folders.run("audit", "checkpoint", data=record, code=0).out.strip()
    records = folders.records(record)
    # The last claims began the third run: what is behind them is taken away in every partition.
    first_of_third = {}
    for (partition, seq), event in records.items():
        if event["type"] == "computehub.internal.claimed.v1":
            first_of_third[partition] = max(seq, first_of_third.get(partition, 0))
    data = copy_of(record)
    for partition, seq in first_of_third.items():
        folders.tamper(data, "truncate", partition, seq)
    folders.run("audit", "verify", data=data, code=0)
    partition, seq = verify(data, "--against", kept)
    assert seq <= first_of_third[partition]


def test_damage_of_every_file_of_the_log_is_found_or_changes_nothing(copy_of, record, tmp_path):
    """One byte in the middle of each file of the log: never sound with other records, and always exit 5 else."""
    sound = folders.ask("audit", "verify", data=record)
    found = 0
    for path in sorted((record / "log").rglob("*")):
        if not path.is_file() or path.stat().st_size == 0 or path.name == "public-key.pem":
            continue
        data = folders.copy(record, tmp_path / path.name)
        victim = data / path.relative_to(record)
        content = bytearray(victim.read_bytes())
        content[len(content) // 2] ^= 0x40
        victim.write_bytes(content)
        done = folders.run("-o", "json", "audit", "verify", data=data)
        assert done.code in (0, 5), done
        if done.code == 0:
            assert done.json() == sound, path
        found += done.code == 5
    assert found >= 2
