"""Small files as devices and their programs write them, made by hand for tests."""

from __future__ import annotations

import io
import sqlite3
import struct
import zipfile
from collections.abc import Sequence
from contextlib import closing

TICKS_OF_1970 = 621_355_968_000_000_000


def ticks(second: float) -> int:
    """.NET ticks of a wall clock in seconds since 1970."""
    return TICKS_OF_1970 + round(second * 10_000_000)


def record(kind: int, second: int, payload: bytes) -> bytes:
    """One record of an ActiGraph log."""
    body = struct.pack("<BBIH", 0x1E, kind, second, len(payload)) + payload
    check = 0xFF
    for byte in body:
        check ^= byte
    return body + bytes([check])


def packed_12(samples: Sequence[tuple[int, int, int]]) -> bytes:
    """Samples x, y, z in steps as ActiGraph packs them: y, x, z in 12 bits each."""
    bits = "".join(f"{value & 0xFFF:012b}" for x, y, z in samples for value in (y, x, z))
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def packed_16(samples: Sequence[tuple[int, int, int]]) -> bytes:
    """Samples x, y, z in steps, 16 bits each."""
    return b"".join(struct.pack("<3h", *sample) for sample in samples)


def info(**said: object) -> str:
    """The text of info.txt; None leaves a line out."""
    lines = {"Serial Number": "TAS1D00000000", "Firmware": "1.7.2", "Sample Rate": 30, "TimeZone": "02:00:00"}
    lines |= {key.replace("_", " "): value for key, value in said.items()}
    return "".join(f"{key}: {value}\r\n" for key, value in lines.items() if value is not None)


def gt3x(log: bytes | None = None, activity: bytes | None = None, **said: object) -> bytes:
    """The bytes of a .gt3x."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("info.txt", info(**said))
        if log is not None:
            archive.writestr("log.bin", log)
        if activity is not None:
            archive.writestr("activity.bin", activity)
    return whole.getvalue()


def agd(
    rows: Sequence[Sequence[object]],
    columns: Sequence[str] = ("dataTimestamp", "axis1", "axis2", "axis3", "steps"),
    epoch_s: object = 60,
    more: Sequence[str] = (),
) -> bytes:
    """The bytes of an .agd with these rows of `data`."""
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute(
            "CREATE TABLE settings (settingID INTEGER PRIMARY KEY, settingName TEXT, settingValue TEXT)"
        )
        database.execute(
            "INSERT INTO settings (settingName, settingValue) VALUES ('epochlength', ?)", [str(epoch_s)]
        )
        database.execute(f"CREATE TABLE data ({', '.join(columns)})")
        places = ", ".join("?" * len(columns))
        database.executemany(f"INSERT INTO data VALUES ({places})", rows)
        for statement in more:
            database.execute(statement)
        database.commit()
        return database.serialize()


def awd(lines: Sequence[str], code: str = "4", start: tuple[str, str] = ("17-Nov-2009", "19:30")) -> bytes:
    """The bytes of an .awd."""
    return "".join(
        f"{line}\r\n" for line in ("P1", *start, f" {code} ", "43", "V600000", "F", *lines)
    ).encode()


def condor(rows: Sequence[str], titles: str = "DATE/TIME;MS;EVENT;TEMPERATURE;PIM;TAT;ZCM") -> bytes:
    """The bytes of an ActTrust report."""
    head = [
        "+---+ Condor Instruments Report +---+",
        "DEVICE_MODEL : ActTrust1",
        "INTERVAL : 60",
        "+---+",
        titles,
    ]
    return "".join(f"{line}\r\n" for line in [*head, *rows]).encode()


def actiware(rows: Sequence[str], offset: str = "+01:00") -> bytes:
    """The bytes of an English Actiware export."""
    head = [
        '"Actiware Export File  (Version 05.00 )"',
        '"Time Zone Offset:","' + offset + '","hours:minutes"',
        '"Number of Data Samples:","' + str(len(rows)) + '","samples"',
        '"Line","Date","Time","Marker","Interval Status",',
        '"1","04/07/2015","21:00:00","Marker!","ACTIVE",',
        '"Line","Date","Time","Off-Wrist Status","Activity","Interval Status",',
        "",
    ]
    return ("\ufeff" + "".join(f"{line}\r\n" for line in [*head, *rows])).encode()


def actilife(
    rows: Sequence[str],
    epoch: str = "00:00:00",
    mode: int = 12,
    rate: str = "at 30 Hz ",
    date: str = "7/31/2026",
) -> bytes:
    """The bytes of an ActiLife CSV export."""
    head = [
        f"------------ Data File Created By ActiGraph GT3X+ ActiLife v6.13.3 Firmware v1.6.0 date format M/d/yyyy {rate} Filter Normal -----------",
        "Serial Number: TAS1D00000000",
        "Start Time 11:45:00",
        f"Start Date {date}",
        f"Epoch Period (hh:mm:ss) {epoch}",
        "Download Time 11:51:12",
        "Download Date 8/1/2026",
        "Current Memory Address: 0",
        f"Current Battery Voltage: 4.18     Mode = {mode}",
        "--------------------------------------------------",
    ]
    return "".join(f"{line}\r\n" for line in [*head, *rows]).encode()
