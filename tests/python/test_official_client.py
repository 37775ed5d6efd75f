"""The official Python client, unmodified, against a real server: push hooks, moderation, commands."""
import json
import re
import unittest

import stream_chat

from harness import Receiver, Server

KEY, SECRET = "pythonkey001", "p" * 64


class OfficialClientTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(KEY, SECRET)
        cls.client = stream_chat.StreamChat(KEY, SECRET, base_url=cls.server.origin, timeout=30)
        cls.receiver = Receiver()
        cls.client.upsert_users([{"id": "mara", "name": "Mara"}, {"id": "olaf"}])

    @classmethod
    def tearDownClass(cls):
        cls.receiver.close()
        cls.server.close()

    def channel(self, channel_id):
        channel = self.client.channel("messaging", channel_id, {"members": ["mara", "olaf"]})
        channel.create("mara")
        return channel

    def test_push_hook_as_in_the_documentation(self):
        response = self.client.get_app_settings()
        existing_hooks = response.get("event_hooks", [])
        new_webhook_hook = {
            "enabled": True, "hook_type": "webhook", "webhook_url": self.receiver.url("/push"),
            "event_types": [],
        }
        self.client.update_app_settings(event_hooks=existing_hooks + [new_webhook_hook])
        self.assertEqual(self.client.check_push(self.receiver.url("/push"))["general_errors"], [])
        _, headers, body = self.receiver.wait_for("/push", "webhook.test")
        self.assertTrue(self.client.verify_webhook(body, headers["X-Signature"]))

        channel = self.channel("push")
        message = channel.send_message({"text": "hi", "priority": 1.5}, "mara")["message"]
        _, headers, body = self.receiver.wait_for("/push", "message.new")
        self.assertTrue(self.client.verify_webhook(body, headers["X-Signature"]))
        self.assertEqual(headers["X-Api-Key"], KEY)
        self.assertEqual(headers["X-Webhook-Attempt"], "1")
        event = json.loads(body)
        self.assertEqual(event["message"]["id"], message["id"])
        self.assertEqual(event["message"]["priority"], 1.5)
        self.assertEqual(event["request_info"]["sdk"], "stream-python-client-4.31.0")

        channel.send_reaction(message["id"], {"type": "like"}, "olaf")
        self.receiver.wait_for("/push", "reaction.new")
        self.client.update_message_partial(message["id"], {"set": {"text": "ho"}}, "mara")
        self.receiver.wait_for("/push", "message.updated")
        channel.remove_members(["olaf"])
        self.receiver.wait_for("/push", "member.removed")
        self.client.delete_message(message["id"])
        self.receiver.wait_for("/push", "message.deleted")
        self.client.update_app_settings(event_hooks=[])

    def test_moderation_before_send(self):
        def moderate(call):
            if "spam" in call["message"]["text"]:
                return {"message": {"type": "error", "text": "not allowed"}}
            text = re.sub(r"\d{4}( \d{4}){3}", "**** **** **** ****", call["message"]["text"])
            return {"message": {**call["message"], "text": text, "moderated": True}}

        self.receiver.handlers["/moderate"] = moderate
        self.client.update_app_settings(
            before_message_send_hook_url=self.receiver.url("/moderate"),
            before_message_send_hook_attempt_timeout_ms=5000)
        channel = self.channel("moderated")
        masked = channel.send_message({"text": "pay 4111 1111 1111 1111"}, "mara")["message"]
        self.assertEqual(masked["text"], "pay **** **** **** ****")
        self.assertTrue(masked["moderated"])
        refused = channel.send_message({"id": "spam-1", "text": "buy spam"}, "olaf")["message"]
        self.assertEqual((refused["type"], refused["text"]), ("error", "not allowed"))
        with self.assertRaises(stream_chat.base.exceptions.StreamAPIException):
            self.client.get_message("spam-1")
        texts = [m["text"] for m in channel.query()["messages"]]
        self.assertEqual(texts, ["pay **** **** **** ****"])
        self.client.update_app_settings(before_message_send_hook_url="")

    def test_ticket_command_with_buttons(self):
        def handle(call):
            message, form = call["message"], call.get("form_data") or {}
            if not form:
                actions = [{"name": "action", "text": v, "type": "button", "value": v}
                           for v in ("submit", "cancel")]
                return {"message": {**message, "type": "ephemeral",
                                    "attachments": [{"type": "ticket", "actions": actions}]}}
            if form["action"] == "cancel":
                return {"message": None}
            return {"message": {**message, "type": "regular", "text": f"ticket: {message['args']}",
                                "attachments": []}}

        self.receiver.handlers["/commands"] = handle
        self.client.create_command({"name": "ticket", "description": "Open a ticket"})
        self.client.update_channel_type("messaging", commands=["ticket"])
        self.client.update_app_settings(
            custom_action_handler_url=self.receiver.url("/commands") + "?type={type}")
        channel = self.channel("tickets")
        first = channel.send_message({"text": "/ticket crane 7"}, "mara")["message"]
        self.assertEqual((first["type"], first["command"]), ("ephemeral", "ticket"))
        answer = self.client.run_message_action(first["id"], {"form_data": {"action": "submit"}})
        self.assertEqual(answer["message"]["text"], "ticket: crane 7")
        self.assertEqual([m["text"] for m in channel.query()["messages"]], ["ticket: crane 7"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
