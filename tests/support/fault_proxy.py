#!/usr/bin/env python3
"""A TCP proxy that misbehaves on purpose, for tests of what a bad link does.

It prints one line when it is ready, "listen PORT control PORT", and runs until "quit" on the
control port, SIGTERM, or the end of its standard input (with --until-stdin-closes).

The control port takes one command a line and answers each with one line:

  latency MS            add MS to the round trip, half of it each way (0 = none)
  rate BYTES            at most so many bytes a second each way (0 = no limit)
  slice N               pass everything on in pieces of N bytes, one write each (0 = as it comes)
  reset-after N [WAY]   connections made from now on are reset once N bytes have passed; WAY is up
                        (client to server), down or both (N counts the two together); -1 = never
  blackhole on|off      pass nothing on either way and answer nothing; off passes on what was held
  swallow on|off        take what the server says and throw it away: replies that got lost
  refuse on|off         take new connections and close them at once
  reset                 reset every connection that is open now
  stats                 {"connections", "open", "up", "down", "resets", "swallowed", "refused"}
  quit

SIGUSR1 turns the black hole on and off, SIGUSR2 resets what is open. Every command is an option
too: --latency 50 --reset-after 4096:down --slice 1.
"""

import argparse
import asyncio
import json
import signal
import socket
import struct
import sys


class Faults:
    """What is wrong with the link at the moment, and what has been done to it so far."""

    def __init__(self):
        self.latency = 0.0
        self.rate = 0
        self.slice = 0
        self.reset_after = -1
        self.reset_way = "both"
        self.swallow = False
        self.refuse = False
        self.open_road = asyncio.Event()
        self.open_road.set()
        self.links = set()
        self.counts = dict(connections=0, up=0, down=0, resets=0, swallowed=0, refused=0)

    def obey(self, line):
        words = line.split() or [""]
        word, rest = words[0], words[1:]
        if word == "latency":
            self.latency = float(rest[0]) / 1000
        elif word == "rate":
            self.rate = int(rest[0])
        elif word == "slice":
            self.slice = int(rest[0])
        elif word == "reset-after":
            self.reset_after = int(rest[0])
            self.reset_way = rest[1] if len(rest) > 1 else "both"
            if self.reset_way not in ("up", "down", "both"):
                raise ValueError(self.reset_way)
        elif word == "blackhole":
            self.open_road.clear() if is_on(rest[0]) else self.open_road.set()
        elif word == "swallow":
            self.swallow = is_on(rest[0])
        elif word == "refuse":
            self.refuse = is_on(rest[0])
        elif word == "reset":
            for link in list(self.links):
                link.reset()
        elif word == "stats":
            return json.dumps(dict(self.counts, open=len(self.links)))
        else:
            raise ValueError(line)
        return "ok"


def is_on(word):
    return {"on": True, "off": False}[word]


class Link:
    """One connection through the proxy: two ways, reset together."""

    def __init__(self, faults, client, server):
        self.faults = faults
        self.ends = {"up": (client[0], server[1]), "down": (server[0], client[1])}
        self.writers = (client[1], server[1])
        self.passed = {"up": 0, "down": 0}
        self.limit = faults.reset_after
        self.limit_way = faults.reset_way
        self.gone = False

    async def run(self):
        self.faults.links.add(self)
        try:
            await asyncio.gather(self.carry("up"), self.carry("down"))
        except (ConnectionError, OSError):
            pass
        finally:
            self.faults.links.discard(self)
            for writer in self.writers:
                writer.close()

    async def carry(self, way):
        queue = asyncio.Queue(maxsize=64)
        taking = asyncio.ensure_future(self.take(way, queue))
        try:
            await self.give(way, queue)
        finally:
            taking.cancel()

    async def take(self, way, queue):
        reader = self.ends[way][0]
        try:
            while True:
                data = await reader.read(65536)
                due = asyncio.get_running_loop().time() + self.faults.latency / 2
                await queue.put((due, data))
                if not data:
                    return
        except (ConnectionError, OSError):
            self.reset()
            await queue.put((0, b""))

    async def give(self, way, queue):
        writer = self.ends[way][1]
        while True:
            due, data = await queue.get()
            wait = due - asyncio.get_running_loop().time()
            if wait > 0:
                await asyncio.sleep(wait)
            await self.faults.open_road.wait()
            if not data:
                if not self.gone and writer.can_write_eof():
                    writer.write_eof()
                return
            if way == "down" and self.faults.swallow:
                self.faults.counts["swallowed"] += len(data)
                continue
            if not await self.give_data(way, writer, data):
                return

    async def give_data(self, way, writer, data):
        """False once the link has been reset."""
        while data:
            size = self.faults.slice or len(data)
            if self.faults.rate:
                size = min(size, max(1, self.faults.rate // 50))
            left = self.left_before_reset(way)
            piece, data = data[:min(size, left)], data[min(size, left):]
            await self.faults.open_road.wait()
            if self.gone:
                return False
            writer.write(piece)
            await writer.drain()
            self.passed[way] += len(piece)
            self.faults.counts[way] += len(piece)
            if self.left_before_reset(way) == 0:
                self.reset()
                return False
            if self.faults.rate:
                await asyncio.sleep(len(piece) / self.faults.rate)
            elif self.faults.slice:
                await asyncio.sleep(0)
        return True

    def left_before_reset(self, way):
        if self.limit < 0 or self.limit_way not in (way, "both"):
            return sys.maxsize
        both = self.limit_way == "both"
        return self.limit - (sum(self.passed.values()) if both else self.passed[way])

    def reset(self):
        if self.gone:
            return
        self.gone = True
        self.faults.counts["resets"] += 1
        for writer in self.writers:
            # Closing a socket that lingers for no time sends RST instead of FIN.
            raw = writer.get_extra_info("socket")
            try:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            except OSError:
                pass
            writer.transport.abort()


def prepare(writer):
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    writer.transport.set_write_buffer_limits(0)


def split_address(text):
    host, _, port = text.rpartition(":")
    return host.strip("[]") or "127.0.0.1", int(port)


async def serve(options):
    faults = Faults()
    for command in options.commands:
        faults.obey(command)
    target = split_address(options.to)
    done = asyncio.Event()
    at_work = set()

    def until_cancelled(handle):
        async def handler(reader, writer):
            at_work.add(asyncio.current_task())
            try:
                await handle(reader, writer)
            except (asyncio.CancelledError, ConnectionError):
                writer.transport.abort()
            finally:
                at_work.discard(asyncio.current_task())
        return handler

    async def pass_on(reader, writer):
        faults.counts["connections"] += 1
        prepare(writer)
        if faults.refuse:
            faults.counts["refused"] += 1
            writer.close()
            return
        await faults.open_road.wait()
        try:
            server = await asyncio.open_connection(*target)
        except OSError:
            writer.transport.abort()
            return
        prepare(server[1])
        await Link(faults, (reader, writer), server).run()

    async def on_control(reader, writer):
        while line := (await reader.readline()).decode():
            if line.strip() == "quit":
                done.set()
                break
            try:
                answer = faults.obey(line)
            except (ValueError, KeyError, IndexError):
                answer = "what? " + line.strip()
            writer.write((answer + "\n").encode())
            await writer.drain()
        writer.close()

    host, port = split_address(options.listen)
    listener = await asyncio.start_server(until_cancelled(pass_on), host, port)
    control = await asyncio.start_server(until_cancelled(on_control), "127.0.0.1", options.control)

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, done.set)
    loop.add_signal_handler(
        signal.SIGUSR1,
        lambda: faults.obey("blackhole " + ("on" if faults.open_road.is_set() else "off")))
    loop.add_signal_handler(signal.SIGUSR2, lambda: faults.obey("reset"))
    if options.until_stdin_closes:
        loop.add_reader(sys.stdin.fileno(), lambda: sys.stdin.buffer.read1(1) or done.set())

    ports = [each.sockets[0].getsockname()[1] for each in (listener, control)]
    print("listen %d control %d" % tuple(ports), flush=True)
    await done.wait()
    for link in list(faults.links):
        link.reset()
    for task in list(at_work):
        task.cancel()
    await asyncio.gather(*at_work, return_exceptions=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--to", required=True, metavar="HOST:PORT")
    parser.add_argument("--listen", default="127.0.0.1:0", metavar="HOST:PORT",
                        help="port 0 = any free one (default)")
    parser.add_argument("--control", type=int, default=0, metavar="PORT")
    parser.add_argument("--until-stdin-closes", action="store_true")
    parser.set_defaults(commands=[])
    for word in ("latency", "rate", "slice", "reset-after", "blackhole", "swallow", "refuse"):
        parser.add_argument("--" + word, dest="commands", action="append", metavar="VALUE",
                            type=lambda value, word=word: word + " " + value.replace(":", " "))
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
