#!/usr/bin/env python3
"""A Telegram of one's own: the Bot API as it behaves (strict where it is strict), with hands on it.

    fake_telegram.py [serve] [--port P] [--token T] [--press-expires S] [--poll-cap S]
                                                 prints "listen PORT"
    export FAKE_TELEGRAM=http://127.0.0.1:PORT
    fake_telegram.py messages [CHAT]             what the chats hold now
    fake_telegram.py press CHAT MESSAGE BUTTON [USER [NAME]]   BUTTON: its text, or data: to forge
    fake_telegram.py text CHAT TEXT [USER [NAME [REPLY_TO]]]   a private chat's number is its user's
    fake_telegram.py answers | calls             what was answered to presses | every call
    fake_telegram.py fail JSON                   see fake_http.py: Rules; "fail" alone ends them all
    fake_telegram.py away on|off                 nobody answers
    fake_telegram.py repeat UPDATE               the same update once more
    fake_telegram.py block CHAT | migrate CHAT NEW | topic CHAT THREAD | delete CHAT MESSAGE | reset

Point loomrel at it: [telegram] api_url = "http://127.0.0.1:PORT" and LOOM_RELEASE_TG_BOT_TOKEN=T
(123456:test-token unless told otherwise).
"""
import argparse
import html
import json
import os
import re
import sys
import threading
import time
import urllib.error
import urllib.request

sys.dont_write_bytecode = True  # leaves nothing beside the sources
import fake_http  # noqa: E402
from fake_http import Hang, Rules  # noqa: E402

TAGS = {"b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "code", "pre", "a",
        "blockquote", "tg-spoiler"}
BOT = {"id": 123456, "is_bot": True, "first_name": "Release Bot", "username": "release_test_bot"}
NOT_MODIFIED = ("Bad Request: message is not modified: specified new message content and reply "
                "markup are exactly the same as a current content and reply markup of the message")
TOO_OLD = ("Bad Request: query is too old and response timeout expired or query ID is invalid")


class Refused(Exception):
    def __init__(self, status, description, **parameters):
        super().__init__(description)
        self.status, self.description, self.parameters = status, description, parameters


def utf16(text):
    return len(text.encode("utf-16-le")) // 2


def parse_html(text):
    """The text that is left when entities are parsed; refuses what Telegram would."""
    plain, opened, at = [], [], 0
    for token in re.finditer(r"<([^>]*)>|&([^;\s]{0,10};?)|<", text):
        plain.append(text[at:token.start()])
        at = token.end()
        if token.group(1) is not None:
            words = token.group(1).split()
            name = words[0].lower() if words else ""
            if name.startswith("/"):
                if not opened or opened.pop() != name[1:]:
                    raise Refused(400, f"Bad Request: can't parse entities: Unexpected end tag at "
                                       f"byte offset {token.start()}")
            elif name in TAGS:
                opened.append(name)
            else:
                raise Refused(400, f'Bad Request: can\'t parse entities: Unsupported start tag '
                                   f'"{name}" at byte offset {token.start()}')
        elif token.group(2) is not None:
            entity = token.group(2)
            if entity in ("lt;", "gt;", "amp;", "quot;") or re.fullmatch(r"#\d+;|#x[0-9a-fA-F]+;",
                                                                           entity):
                plain.append(html.unescape("&" + entity))
            else:
                plain.append(token.group(0))
        else:
            raise Refused(400, "Bad Request: can't parse entities: Unclosed start tag at byte "
                               f"offset {token.start()}")
    if opened:
        raise Refused(400, "Bad Request: can't parse entities: Can't find end tag corresponding to "
                           f'start tag "{opened[-1]}"')
    return "".join(plain) + text[at:]


class Telegram:
    def __init__(self, token, press_expires, poll_cap):
        self.token, self.press_expires, self.poll_cap = token, press_expires, poll_cap
        self.lock = threading.RLock()
        self.news = threading.Condition(self.lock)
        self.forget()
        threading.Thread(target=self.send_webhooks, daemon=True).start()

    def forget(self):
        self.rules = Rules()
        self.away = False
        self.messages = {}  # (chat, id) -> message
        self.next_message = 1
        self.updates = []  # not confirmed yet
        self.kept = {}  # every update ever, for "repeat"
        self.next_update = 1000
        self.presses = {}  # id -> {"at", "answered"}
        self.answers = []
        self.calls = []
        self.blocked = set()
        self.migrated = {}
        self.topics = set()  # (chat, thread)
        self.started = set()  # private chats whose user has written
        self.poller = 0
        self.webhook = {"url": "", "secret": "", "error": "", "error_at": 0}
        self.set_webhook_at = 0.0
        self.webhook_sends = []

    # --- the HTTP side

    def answer(self, handler, path, body):
        if path.startswith("/control/"):
            fields = fake_http.fields_of(handler, body)
            return self.control(path[len("/control/"):], fields)
        match = re.fullmatch(r"/bot([^/]+)/(\w+)", path)
        if self.away:
            raise Hang
        if not match:
            return self.refusal(Refused(404, "Not Found"))
        if match.group(1) != self.token:
            return self.refusal(Refused(401, "Unauthorized"))
        fields = fake_http.fields_of(handler, body)
        name = match.group(2).lower()
        call = {"method": match.group(2), "at": time.time(),
                "fields": {k: v if not isinstance(v, dict) or "data" not in v
                           else {"name": v["name"], "size": len(v["data"]),
                                 "text": v["data"].decode("utf-8", "replace")[:100000]}
                           for k, v in fields.items()}}
        with self.lock:
            self.calls.append(call)
        rule = self.rules.take(name, fields.get("chat_id"))
        how = rule["how"] if rule else None
        if how == "refuse":
            call["status"] = "refused"
            raise Hang
        if how == "html":
            call["status"] = 502
            return 502, b"<html><body><h1>502 Bad Gateway</h1></body></html>", {
                "Content-Type": "text/html"}
        if isinstance(how, int):
            call["status"] = how
            parameters = {k: rule[k] for k in ("retry_after", "migrate_to_chat_id") if k in rule}
            return self.refusal(Refused(how, rule.get("description", "as a test wants"),
                                        **parameters))
        try:
            method = getattr(self, "do_" + name, None)
            if method is None:
                raise Refused(404, "Not Found: method not found")
            result = method(fields)
            call["status"] = 200
        except Refused as refused:
            call["status"] = refused.status
            call["description"] = refused.description
            return self.refusal(refused)
        if how == "drop":
            raise Hang
        if how == "slow":
            time.sleep(rule["seconds"])
        return 200, {"ok": True, "result": result}, {}

    @staticmethod
    def refusal(refused):
        answer = {"ok": False, "error_code": refused.status, "description": refused.description}
        headers = {}
        if refused.parameters:
            answer["parameters"] = refused.parameters
        if "retry_after" in refused.parameters:
            headers["Retry-After"] = str(refused.parameters["retry_after"])
        return refused.status, answer, headers

    # --- messages

    def chat_of(self, fields):
        try:
            chat = int(fields["chat_id"])
        except (KeyError, ValueError):
            raise Refused(400, "Bad Request: chat_id is empty") from None
        if chat in self.migrated:
            raise Refused(400, "Bad Request: group chat was upgraded to a supergroup chat",
                          migrate_to_chat_id=self.migrated[chat])
        if chat in self.blocked:
            raise Refused(403, "Forbidden: bot was blocked by the user" if chat > 0
                          else "Forbidden: bot was kicked from the supergroup chat")
        if chat == 0:
            raise Refused(400, "Bad Request: chat not found")
        if chat > 0 and chat not in self.started:
            raise Refused(403, "Forbidden: bot can't initiate conversation with a user")
        return chat

    @staticmethod
    def text_of(fields, name="text", empty_allowed=False):
        text = fields.get(name, "")
        mode = fields.get("parse_mode")
        if mode not in (None, "HTML"):
            raise Refused(400, "Bad Request: unsupported parse_mode")
        plain = parse_html(text) if mode else text
        if not plain.strip() and not empty_allowed:
            raise Refused(400, "Bad Request: message text is empty")
        if utf16(plain) > 4096:
            raise Refused(400, "Bad Request: message is too long")
        return text, plain

    @staticmethod
    def markup_of(fields):
        markup = fields.get("reply_markup")
        if markup is None:
            return None
        markup = json.loads(markup) if isinstance(markup, str) else markup
        for row in markup.get("inline_keyboard", []):
            for button in row:
                if not button.get("text"):
                    raise Refused(400, "Bad Request: inline keyboard button text is empty")
                if "url" in button:
                    continue
                if not 1 <= len(button.get("callback_data", "").encode()) <= 64:
                    raise Refused(400, "Bad Request: BUTTON_DATA_INVALID")
        return markup if markup.get("inline_keyboard") else None

    def new_message(self, chat, fields, sender=BOT, **more):
        if (sender is BOT and "message_thread_id" in fields
                and (chat, int(fields["message_thread_id"])) not in self.topics):
            raise Refused(400, "Bad Request: message thread not found")
        message = {"message_id": self.next_message, "chat": self.chat_object(chat),
                   "date": int(time.time()), "from": sender, **more}
        self.next_message += 1
        if "message_thread_id" in fields:
            message["message_thread_id"] = int(fields["message_thread_id"])
        self.messages[(chat, message["message_id"])] = message
        return message

    @staticmethod
    def chat_object(chat):
        return {"id": chat, "type": "private" if chat > 0 else "supergroup"}

    def do_getme(self, fields):
        return BOT

    def do_sendmessage(self, fields):
        with self.lock:
            chat = self.chat_of(fields)
            source, plain = self.text_of(fields)
            markup = self.markup_of(fields)
            message = self.new_message(chat, fields, text=plain, source=source)
            if markup:
                message["reply_markup"] = markup
            return self.seen(message)

    def do_senddocument(self, fields):
        with self.lock:
            chat = self.chat_of(fields)
            document = fields.get("document")
            if not isinstance(document, dict) or not document["data"]:
                raise Refused(400, "Bad Request: there is no document in the request")
            _, caption = self.text_of(fields, "caption", empty_allowed=True)
            if utf16(caption) > 1024:
                raise Refused(400, "Bad Request: message caption is too long")
            reply = json.loads(fields.get("reply_parameters", "{}"))
            if ("message_id" in reply and not reply.get("allow_sending_without_reply")
                    and (chat, reply["message_id"]) not in self.messages):
                raise Refused(400, "Bad Request: message to be replied not found")
            return self.seen(self.new_message(
                chat, fields, caption=caption,
                document={"file_name": document["name"], "file_size": len(document["data"])},
                content=document["data"].decode("utf-8", "strict")))

    @staticmethod
    def seen(message):
        """As Telegram shows it: without what only the fake knows."""
        return {k: v for k, v in message.items() if k not in ("source", "content", "edits")}

    def find(self, fields):
        chat = self.chat_of(fields)
        message = self.messages.get((chat, int(fields.get("message_id", 0))))
        if message is None or message["from"] != BOT:
            raise Refused(400, "Bad Request: message to edit not found")
        return message

    def do_editmessagetext(self, fields):
        with self.lock:
            message = self.find(fields)
            source, plain = self.text_of(fields)
            markup = self.markup_of(fields)
            if plain == message.get("text") and markup == message.get("reply_markup"):
                raise Refused(400, NOT_MODIFIED)
            message.update(text=plain, source=source)
            return self.edited(message, markup)

    def do_editmessagereplymarkup(self, fields):
        with self.lock:
            message = self.find(fields)
            markup = self.markup_of(fields)
            if markup == message.get("reply_markup"):
                raise Refused(400, NOT_MODIFIED)
            return self.edited(message, markup)

    def edited(self, message, markup):
        message.pop("reply_markup", None)  # an edit without a keyboard takes it away
        if markup:
            message["reply_markup"] = markup
        message["edits"] = message.get("edits", 0) + 1
        return self.seen(message)

    def do_answercallbackquery(self, fields):
        with self.lock:
            press = self.presses.get(str(fields.get("callback_query_id")))
            if (press is None or press["answered"]
                    or time.monotonic() - press["at"] > self.press_expires):
                raise Refused(400, TOO_OLD)
            if utf16(fields.get("text", "")) > 200:
                raise Refused(400, "Bad Request: MESSAGE_TOO_LONG")
            press["answered"] = True
            self.answers.append({"id": fields["callback_query_id"], "user": press["user"],
                                 "text": fields.get("text", ""),
                                 "alert": bool(fields.get("show_alert")),
                                 "after": round(time.monotonic() - press["at"], 3)})
            return True

    # --- updates

    def do_getupdates(self, fields):
        timeout = min(int(fields.get("timeout", 0)), self.poll_cap, 50)
        limit = max(1, min(int(fields.get("limit", 100)), 100))
        offset = int(fields.get("offset", 0))
        with self.news:
            if self.webhook["url"]:
                raise Refused(409, "Conflict: can't use getUpdates method while webhook is active; "
                                   "use deleteWebhook to delete the webhook first")
            self.poller += 1
            mine = self.poller
            self.news.notify_all()
            if offset < 0:
                self.updates = self.updates[offset:]
            elif offset <= self.next_update:  # else it is one of an older numbering
                self.updates = [u for u in self.updates if u["update_id"] >= offset]
            until = time.monotonic() + timeout
            while True:
                if self.webhook["url"]:
                    raise Refused(409, "Conflict: terminated by setWebhook request")
                if self.poller != mine:
                    raise Refused(409, "Conflict: terminated by other getUpdates request; make "
                                       "sure that only one bot instance is running")
                left = until - time.monotonic()
                if self.updates or left <= 0:
                    return self.updates[:limit]
                self.news.wait(left)

    def do_setwebhook(self, fields):
        url, secret = fields.get("url", ""), fields.get("secret_token", "")
        with self.news:
            if time.monotonic() - self.set_webhook_at < 1:
                raise Refused(429, "Too Many Requests: retry after 1", retry_after=1)
            if url and not re.match(r"https?://", url):
                raise Refused(400, "Bad Request: bad webhook: An HTTPS URL must be provided")
            if secret and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
                raise Refused(400, "Bad Request: secret token contains unallowed characters")
            self.set_webhook_at = time.monotonic()
            self.drop_if_asked(fields)
            self.webhook = {"url": url, "secret": secret, "error": "", "error_at": 0}
            self.news.notify_all()
            return True

    def do_deletewebhook(self, fields):
        with self.news:
            self.drop_if_asked(fields)
            self.webhook = {"url": "", "secret": "", "error": "", "error_at": 0}
            self.news.notify_all()
            return True

    def drop_if_asked(self, fields):
        if fields.get("drop_pending_updates") in (True, "true", "True"):
            self.updates.clear()

    def do_getwebhookinfo(self, fields):
        with self.lock:
            info = {"url": self.webhook["url"], "has_custom_certificate": False,
                    "pending_update_count": len(self.updates)}
            if self.webhook["error"]:
                info["last_error_date"] = self.webhook["error_at"]
                info["last_error_message"] = self.webhook["error"]
            return info

    def send_webhooks(self):
        """One update after the other, as for one chat; a failing one holds up those behind it."""
        wait = 0.0
        while True:
            with self.news:
                self.news.wait_for(lambda: self.webhook["url"] and self.updates)
                update, hook = self.updates[0], dict(self.webhook)
            time.sleep(wait)
            headers = {"Content-Type": "application/json", "Accept-Encoding": "gzip, deflate"}
            if hook["secret"]:
                headers["X-Telegram-Bot-Api-Secret-Token"] = hook["secret"]
            request = urllib.request.Request(hook["url"], json.dumps(update).encode(), headers)
            problem, body = "", b""
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:
                    status, body = answer.status, answer.read()
            except urllib.error.HTTPError as error:
                status = error.code
                problem = f"Wrong response from the webhook: {error.code} {error.reason}"
            except OSError as error:
                status, problem = 0, f"Connection failed: {error}"
            with self.news:
                self.webhook_sends.append({"update_id": update["update_id"], "status": status})
                if not problem:
                    if b'"method"' in body:
                        print("fake: the webhook's answer is a call:", body, flush=True)
                    self.updates = [u for u in self.updates
                                    if u["update_id"] != update["update_id"]]
                    wait = 0.0
                else:
                    self.webhook.update(error=problem, error_at=int(time.time()))
                    wait = min(max(wait * 2, 0.2), 5)

    def new_update(self, **content):
        with self.news:
            update = {"update_id": self.next_update, **content}
            self.next_update += 1
            self.updates.append(update)
            self.kept[update["update_id"]] = update
            self.news.notify_all()
            return update["update_id"]

    # --- hands

    @staticmethod
    def user_of(fields, fallback):
        number = int(fields.get("user") or fallback)
        name = fields.get("name") or f"User{number}"
        return {"id": number, "is_bot": False, "first_name": name}

    def control(self, path, fields):
        method = getattr(self, "control_" + path.strip("/").replace("-", "_"), None)
        if method is None:
            return 404, {"error": "no such control: " + path}, {}
        try:
            with self.lock:
                return 200, method(fields), {}
        except (KeyError, ValueError, LookupError) as error:
            return 400, {"error": repr(error)}, {}

    def control_press(self, fields):
        chat, number = int(fields["chat"]), int(fields["message"])
        message = self.messages.get((chat, number))
        wanted = fields["button"]
        if wanted.startswith("data:"):
            data = wanted[5:]
        else:
            if message is None:
                raise LookupError(f"no message {number} in chat {chat}")
            buttons = [b for row in message.get("reply_markup", {}).get("inline_keyboard", [])
                       for b in row]
            found = [b for b in buttons if b["text"] == wanted] or [
                b for b in buttons if wanted in b["text"]]
            if not found:
                raise LookupError(f"no button {wanted!r} there, but "
                                  + str([b["text"] for b in buttons]))
            data = found[0]["callback_data"]
        query = f"{self.next_update}{int(time.time() * 1000)}"
        user = self.user_of(fields, chat)
        self.presses[query] = {"at": time.monotonic(), "answered": False, "user": user["id"]}
        content = {"id": query, "from": user, "chat_instance": str(chat), "data": data}
        if message is not None and not fields.get("inaccessible"):
            content["message"] = self.seen(message)
        else:
            content["message"] = {"chat": self.chat_object(chat), "message_id": number, "date": 0}
        return {"update": self.new_update(callback_query=content), "query": query, "data": data}

    def control_text(self, fields):
        chat = int(fields["chat"])
        user = self.user_of(fields, chat)
        if chat > 0:
            self.started.add(chat)
        more = {}
        if fields.get("reply_to"):
            more["reply_to_message"] = self.seen(self.messages[(chat, int(fields["reply_to"]))])
            if chat < 0:
                more["message_thread_id"] = int(fields["reply_to"])  # also where there are no topics
        message = self.new_message(chat, {}, user, text=fields["text"], **more)
        return {"update": self.new_update(message=message), "message": message["message_id"]}

    def control_messages(self, fields):
        chat = fields.get("chat")
        return [m for (c, _), m in sorted(self.messages.items(), key=lambda item: item[0][1])
                if chat in (None, "") or c == int(chat)]

    def control_answers(self, fields):
        return self.answers

    def control_calls(self, fields):
        return self.calls

    def control_state(self, fields):
        return {"pending": len(self.updates), "webhook": self.webhook, "fired": self.rules.fired,
                "webhook_sends": self.webhook_sends}

    def control_fail(self, fields):
        if fields:
            self.rules.add(fields)
        else:
            self.rules.clear()
        return {}

    def control_away(self, fields):
        self.away = fields["on"] in (True, "on", "true")
        return {}

    def control_repeat(self, fields):
        with self.news:
            self.updates.append(self.kept[int(fields["update"])])
            self.updates.sort(key=lambda update: update["update_id"])
            self.news.notify_all()
        return {}

    def control_number(self, fields):
        """After a quiet week Telegram numbers updates from anywhere."""
        with self.news:
            self.next_update = int(fields["next"])
        return {}

    def control_reset(self, fields):
        with self.news:
            self.forget()
            self.news.notify_all()
        return {}

    def control_block(self, fields):
        self.blocked.add(int(fields["chat"]))
        return {}

    def control_topic(self, fields):
        self.topics.add((int(fields["chat"]), int(fields["thread"])))
        return {}

    def control_delete(self, fields):
        self.messages.pop((int(fields["chat"]), int(fields["message"])))
        return {}

    def control_migrate(self, fields):
        self.migrated[int(fields["chat"])] = int(fields["to"])
        return {}


# How the words of a command are called at the control interface.
COMMANDS = {"messages": ["chat"], "press": ["chat", "message", "button", "user", "name"],
            "text": ["chat", "text", "user", "name", "reply_to"], "answers": [], "calls": [],
            "state": [], "reset": [], "away": ["on"], "repeat": ["update"], "block": ["chat"],
            "migrate": ["chat", "to"], "number": ["next"], "topic": ["chat", "thread"],
            "delete": ["chat", "message"]}


def show(message):
    print(f"— {message['chat']['id']} #{message['message_id']}"
          + (f" ({message['edits']} edits)" if message.get("edits") else ""))
    print(message.get("text") or message.get("caption") or "")
    if "document" in message:
        print(f"📎 {message['document']['file_name']}, {message['document']['file_size']} bytes")
    for row in message.get("reply_markup", {}).get("inline_keyboard", []):
        print(" ".join(f"[{button['text']}]" for button in row))
    print()


def main():
    words = sys.argv[1:]
    if words and words[0] in [*COMMANDS, "fail"]:
        fields = (json.loads(words[1]) if words[0] == "fail" and len(words) > 1
                  else dict(zip(COMMANDS.get(words[0], []), words[1:])))
        answer = fake_http.control(os.environ["FAKE_TELEGRAM"], words[0], fields)
        if words[0] == "messages" and sys.stdout.isatty():
            for message in answer:
                show(message)
        else:
            print(json.dumps(answer, ensure_ascii=False))
        return
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("serve", nargs="?", choices=["serve"])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--token", default="123456:test-token")
    parser.add_argument("--press-expires", type=float, default=15)
    parser.add_argument("--poll-cap", type=int, default=50)
    options = parser.parse_args(words)
    fake_http.run(Telegram(options.token, options.press_expires, options.poll_cap), options.port)


main()
