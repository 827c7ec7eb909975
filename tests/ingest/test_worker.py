"""Which worker hears which device, and under which name the broker keeps its session."""

import pytest

from ingest.worker import Worker

DEVICES = [f"watch-{i}" for i in range(2000)]


def test_every_device_has_exactly_one_of_several_workers():
    workers = [Worker(index, 3) for index in (1, 2, 3)]
    assert all(sum(worker.takes(device) for worker in workers) == 1 for device in DEVICES)
    assert min(sum(map(worker.takes, DEVICES)) for worker in workers) > 500


def test_a_worker_keeps_its_session_when_their_number_changes():
    assert Worker().client_id("secret") == Worker(1, 3).client_id("secret")
    assert len({Worker(i, 3).client_id("secret") for i in (1, 2, 3)}) == 3


def test_nobody_without_the_password_knows_the_name_of_the_session():
    assert Worker().client_id("secret") != Worker().client_id("other")
    assert "secret" not in Worker().client_id("secret")


@pytest.mark.parametrize(
    "worker", [Worker(), Worker(2, 5), Worker(group="ward-a", member="host.1")], ids=lambda w: w.name
)
def test_a_layout_can_be_read_again(worker):
    assert Worker.of_layout(worker.layout) == worker


def test_a_group_is_a_shared_subscription_and_its_members_have_names_of_their_own():
    one, two = Worker.parse(None, "ward", "a"), Worker.parse(None, "ward", "b")
    assert one.wildcard == two.wildcard == "$share/ward/actalgia/v1/+/up/#"
    assert one.client_id("secret") != two.client_id("secret")


@pytest.mark.parametrize("shard", ["0/2", "3/2", "1", "a/b", "1/2/3", "-1/2", ""])
def test_a_shard_that_is_none_is_refused_in_one_sentence(shard):
    with pytest.raises(ValueError, match="I/N"):
        Worker.parse(shard, None, "host")


def test_we_divide_or_the_broker_does():
    with pytest.raises(ValueError, match="exclude"):
        Worker.parse("1/2", "ward", "host")
    with pytest.raises(ValueError, match="name"):
        Worker.parse(None, "a/b", "host")
