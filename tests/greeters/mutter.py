#!/usr/bin/python3
"""mutter.py DIR: a person before a screen of Mutter's, by its remote desktop.

Run as the user of a GNOME Shell, on that user's session bus. It makes a virtual monitor, has what
is on it written to DIR as PNG, again and again (the latest KEPT of them are there), and presses the
keys that it reads: one line for each, a keysym's number, answered by an empty line. Ends with its
input, and the monitor with it.
"""
import subprocess
import sys
import time
from pathlib import Path

from gi.repository import Gio, GLib

REMOTE, CAST = "org.gnome.Mutter.RemoteDesktop", "org.gnome.Mutter.ScreenCast"
WIDTH, HEIGHT, RATE = 1280, 800, 5  # pixels, pixels, frames a second at most
PATIENCE = 60  # seconds
BETWEEN = 0.03  # seconds that a key stays down, and that follow it
HIDDEN_CURSOR = 0
KEPT = 150  # frames: half a minute's

bus = Gio.bus_get_sync(Gio.BusType.SESSION)


def call(name: str, path: str, method: str, arguments: GLib.Variant | None = None):
    interface, _, method = method.rpartition(".")
    return bus.call_sync(name, path, interface, method, arguments, None, 0, PATIENCE * 1000,
                         None).unpack()


def open_monitor() -> tuple[str, int]:
    """The remote desktop's session, and the stream on which the monitor is seen."""
    remote, = call(REMOTE, "/org/gnome/Mutter/RemoteDesktop", f"{REMOTE}.CreateSession")
    own_id, = call(REMOTE, remote, "org.freedesktop.DBus.Properties.Get",
                   GLib.Variant("(ss)", (f"{REMOTE}.Session", "SessionId")))
    cast, = call(CAST, "/org/gnome/Mutter/ScreenCast", f"{CAST}.CreateSession", GLib.Variant(
        "(a{sv})", ({"remote-desktop-session-id": GLib.Variant("s", own_id)},)))
    stream, = call(CAST, cast, f"{CAST}.Session.RecordVirtual", GLib.Variant(
        "(a{sv})", ({"cursor-mode": GLib.Variant("u", HIDDEN_CURSOR),
                     "is-platform": GLib.Variant("b", True)},)))
    loop, nodes = GLib.MainLoop(), []

    def added(*told) -> None:
        nodes.append(told[-1].unpack()[0])
        loop.quit()
    bus.signal_subscribe(CAST, f"{CAST}.Stream", "PipeWireStreamAdded", stream, None, 0, added)
    call(REMOTE, remote, f"{REMOTE}.Session.Start")
    GLib.timeout_add_seconds(PATIENCE, loop.quit)
    loop.run()
    return remote, nodes[0]


def watch(node: int, directory: Path) -> subprocess.Popen:
    directory.mkdir(exist_ok=True)
    return subprocess.Popen(
        ["gst-launch-1.0", "-q", "pipewiresrc", f"path={node}", "keepalive-time=300", "!",
         f"video/x-raw,max-framerate={RATE}/1,width={WIDTH},height={HEIGHT}", "!", "videorate",
         "drop-only=true", f"max-rate={RATE}", "!", "videoconvert", "!", "pngenc",
         "compression-level=1", "!", "multifilesink", f"max-files={KEPT}",
         f"location={directory}/%08d.png"],
        stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # the session may end first


def press(remote: str, keysym: int) -> None:
    for is_down in (True, False):
        call(REMOTE, remote, f"{REMOTE}.Session.NotifyKeyboardKeysym",
             GLib.Variant("(ub)", (keysym, is_down)))
        time.sleep(BETWEEN)


def main() -> None:
    remote, node = open_monitor()
    watching = watch(node, Path(sys.argv[1]))
    try:
        print(flush=True)
        for line in sys.stdin:
            press(remote, int(line))
            print(flush=True)
    finally:
        watching.kill()
        watching.wait()


if __name__ == "__main__":
    main()
