"""The witness file keeps its number through crashes and moves, and knows a copy of itself."""

import shutil
from pathlib import Path
from uuid import uuid4

import pytest

from dockline.kit.witness import Witness, keep_witness, read_witness

SENDER = uuid4()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "data" / "witness"
    keep_witness(path, sender=SENDER, epoch=0, number=7)
    return path


def test_it_says_what_was_kept_last_and_never_goes_back(path: Path) -> None:
    keep_witness(path, sender=SENDER, epoch=0, number=9)
    keep_witness(path, sender=SENDER, epoch=0, number=8)
    assert read_witness(path) == Witness(SENDER, 0, 9, is_at_home=True)
    keep_witness(path, sender=SENDER, epoch=1, number=2)
    assert read_witness(path) == Witness(SENDER, 1, 2, is_at_home=True)


def test_no_file_and_a_torn_first_write_say_nothing(tmp_path: Path) -> None:
    assert read_witness(tmp_path / "absent") is None
    (tmp_path / "torn").write_bytes(b"0123456789abcdef")
    assert read_witness(tmp_path / "torn") is None


@pytest.mark.parametrize("torn", [0, 1])
def test_a_write_torn_by_a_crash_leaves_the_one_before(path: Path, torn: int) -> None:
    keep_witness(path, sender=SENDER, epoch=0, number=8)
    slots = [path.read_bytes()[:128], path.read_bytes()[128:]]
    slots[torn] = slots[torn][:60] + b"\0" * 68
    path.write_bytes(b"".join(slots))
    assert read_witness(path) == Witness(SENDER, 0, 8 if torn == 0 else 7, is_at_home=True)
    keep_witness(path, sender=SENDER, epoch=0, number=9)
    assert read_witness(path) == Witness(SENDER, 0, 9, is_at_home=True)


@pytest.mark.fault("P04")
def test_a_moved_folder_is_at_home_and_a_copied_one_is_not(path: Path, tmp_path: Path) -> None:
    moved = path.parent.rename(tmp_path / "moved") / "witness"
    assert read_witness(moved) == Witness(SENDER, 0, 7, is_at_home=True)
    shutil.copytree(moved.parent, tmp_path / "copied")
    assert read_witness(tmp_path / "copied" / "witness") == Witness(SENDER, 0, 7, is_at_home=False)


@pytest.mark.fault("P03")
def test_a_file_put_back_from_a_backup_is_not_at_home_though_it_has_the_old_number(path: Path, tmp_path: Path) -> None:
    shutil.copy2(path, tmp_path / "backup")
    inode = path.stat().st_ino
    path.unlink()
    for number in range(50):
        # Where the system gives the freed number to the next file, as ext4 does, this is that file.
        put_back = path.with_name(f"put-back-{number}")
        shutil.copy2(tmp_path / "backup", put_back)
        if put_back.stat().st_ino == inode:
            break
    found = read_witness(put_back)
    assert found is not None and not found.is_at_home


def test_what_another_sender_kept_is_replaced_whole(path: Path) -> None:
    other = uuid4()
    keep_witness(path, sender=other, epoch=0, number=1)
    assert read_witness(path) == Witness(other, 0, 1, is_at_home=True)
