"""The official Python client of the /api/v2 routes, unmodified: a customer's flow, with typed events."""
import json
import unittest

from getstream import Stream, models, webhook

from harness import Receiver, Server

KEY, SECRET = "pythonkey002", "q" * 64


class GetstreamTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(KEY, SECRET)
        cls.client = Stream(KEY, SECRET, base_url=cls.server.origin, timeout=30)
        cls.chat, cls.moderation = cls.client.chat, cls.client.moderation
        cls.receiver = Receiver()
        cls.client.upsert_users(
            models.UserRequest(id="mara", name="Mara", custom={"berth": "B3"}),
            models.UserRequest(id="olaf", role="admin"), models.UserRequest(id="pia"))

    @classmethod
    def tearDownClass(cls):
        cls.receiver.close()
        cls.server.close()

    def channel(self, channel_id, *users):
        channel = self.chat.channel("messaging", channel_id)
        members = [models.ChannelMemberRequest(user_id=user) for user in users]
        opened = channel.get_or_create(
            data=models.ChannelInput(created_by_id=users[0], members=members, custom={"name": "Dock"})).data
        self.assertEqual(sorted(member.user_id for member in opened.members), sorted(users))
        return channel

    def add_hook(self, path):
        hook = models.EventHook(enabled=True, hook_type="webhook", event_types=[],
                                webhook_url=self.receiver.url(path))
        self.client.update_app(event_hooks=self.client.get_app().data.app.event_hooks + [hook])

    def event(self, path, event_type, event_class):
        """The next event of a type at a path, as the client's own helper parses it."""
        _, headers, body = self.receiver.wait_for(path, event_type)
        event = webhook.verify_and_parse_webhook(body, headers["X-Signature"], SECRET)
        self.assertIsInstance(event, event_class)
        with self.assertRaises(Exception):
            webhook.verify_and_parse_webhook(body + b" ", headers["X-Signature"], SECRET)
        return event

    def test_hooks_are_kept_and_their_events_have_their_types(self):
        self.add_hook("/first")
        self.add_hook("/second")
        hooks = self.client.get_app().data.app.event_hooks
        self.assertEqual([hook.webhook_url for hook in hooks],
                         [self.receiver.url("/first"), self.receiver.url("/second")])
        self.client.update_app(event_hooks=hooks[1:])

        channel = self.channel("hooked", "mara", "olaf")
        self.event("/second", "channel.created", models.ChannelCreatedEvent)
        message = channel.send_message(message=models.MessageRequest(
            text="hi", user_id="mara", custom={"priority": 1.5})).data.message
        event = self.event("/second", "message.new", models.MessageNewEvent)
        self.assertEqual((event.message.id, event.message.user.id, event.message.custom),
                         (message.id, "mara", {"priority": 1.5}))
        self.assertEqual(event.message.created_at, message.created_at)
        self.assertEqual((event.cid, event.channel_id), ("messaging:hooked", "hooked"))
        self.chat.send_reaction(message.id, reaction=models.ReactionRequest(type="like", user_id="olaf"))
        reaction = self.event("/second", "reaction.new", models.ReactionNewEvent).reaction
        self.assertEqual((reaction.type, reaction.user_id), ("like", "olaf"))
        channel.send_event(event=models.EventRequest(
            type="crane_moved", user_id="mara", custom={"berth": "B3"}))
        self.assertEqual(json.loads(self.receiver.wait_for("/second", "crane_moved")[2])["custom"],
                         {"berth": "B3"})
        self.moderation.ban(target_user_id="pia", banned_by_id="mara", reason="x", timeout=60)
        self.assertEqual(self.event("/second", "user.banned", models.UserBannedEvent).reason, "x")
        self.moderation.unban(target_user_id="pia", unbanned_by_id="mara")
        self.event("/second", "user.unbanned", models.UserUnbannedEvent)
        self.moderation.flag(entity_type="stream:chat:v1:message", entity_id=message.id,
                             entity_creator_id="mara", reason="spam", user_id="olaf")
        self.event("/second", "message.flagged", models.MessageFlaggedEvent)
        self.chat.delete_message(message.id)
        self.event("/second", "message.deleted", models.MessageDeletedEvent)
        channel.delete()
        self.event("/second", "channel.deleted", models.ChannelDeletedEvent)
        self.client.update_app(event_hooks=[])
        self.assertEqual(self.client.get_app().data.app.event_hooks, [])

    def test_messages_and_reactions(self):
        channel = self.channel("talk", "mara", "olaf")
        message = channel.send_message(message=models.MessageRequest(
            text="hi", user_id="mara", mentioned_users=["olaf"],
            attachments=[models.Attachment(type="image", image_url="https://a.example/b.png", custom={})],
        )).data.message
        self.assertEqual([user.id for user in message.mentioned_users], ["olaf"])
        reply = channel.send_message(message=models.MessageRequest(
            text="ho", user_id="olaf", parent_id=message.id)).data.message
        replies = self.chat.get_replies(parent_id=message.id).data.messages
        self.assertEqual([each.id for each in replies], [reply.id])
        self.chat.send_reaction(message.id, reaction=models.ReactionRequest(
            type="like", user_id="olaf", score=3))
        reactions = self.chat.get_reactions(message.id).data.reactions
        self.assertEqual([(each.type, each.score) for each in reactions], [("like", 3)])
        self.chat.delete_reaction(message.id, "like", user_id="olaf")
        updated = self.chat.update_message(message.id, message=models.MessageRequest(
            text="he", user_id="mara")).data.message
        self.assertEqual((updated.text, updated.reply_count, updated.reaction_counts), ("he", 1, {}))
        self.chat.update_message_partial(message.id, set={"text": "hu", "pinned": True}, user_id="mara")
        got = self.chat.get_message(message.id).data.message
        self.assertEqual((got.text, got.pinned), ("hu", True))
        many = channel.get_many_messages(ids=[message.id, reply.id]).data.messages
        self.assertEqual({each.id for each in many}, {message.id, reply.id})
        self.assertEqual(self.chat.delete_message(message.id).data.message.type, "deleted")

    def test_users_channels_and_members(self):
        channel = self.channel("crew", "mara", "olaf", "pia")
        self.client.update_users_partial(users=[models.UpdateUserPartialRequest(
            id="mara", set={"color": "red"}, unset=["berth"])])
        users = self.client.query_users(models.QueryUsersPayload(
            filter_conditions={"id": {"$in": ["mara", "olaf"]}},
            sort=[models.SortParamRequest(field="id", direction=-1)])).data.users
        self.assertEqual([(user.id, user.custom) for user in users],
                         [("olaf", {}), ("mara", {"color": "red"})])
        channel.update(remove_members=["pia"])
        channel.update(add_members=[models.ChannelMemberRequest(user_id="pia", custom={"shift": 2})])
        members = self.chat.query_members(models.QueryMembersPayload(
            type="messaging", id="crew", filter_conditions={})).data.members
        self.assertEqual({each.user_id: each.custom for each in members},
                         {"mara": {}, "olaf": {}, "pia": {"shift": 2}})
        partial = channel.update_channel_partial(set={"color": "blue"}, unset=["name"]).data.channel
        self.assertEqual(partial.custom, {"color": "blue"})
        found = self.chat.query_channels(
            filter_conditions={"members": {"$in": ["pia"]}, "id": "crew"},
            sort=[models.SortParamRequest(field="last_message_at", direction=-1)], limit=10).data.channels
        self.assertEqual([each.channel.cid for each in found], ["messaging:crew"])
        channel.mark_read(user_id="mara")
        channel.hide(user_id="mara")
        channel.show(user_id="mara")
        muted = self.moderation.mute(target_ids=["pia"], user_id="mara", timeout=10).data.mutes
        self.assertEqual([each.target.id for each in muted], ["pia"])
        self.moderation.unmute(target_ids=["pia"], user_id="mara")

    def test_channel_types_and_commands(self):
        self.chat.create_command(name="ticket", description="Open a ticket")
        self.chat.update_command("ticket", description="Open one")
        self.assertEqual(self.chat.get_command("ticket").data.description, "Open one")
        self.assertIn("ticket", [each.name for each in self.chat.list_commands().data.commands])
        self.chat.create_channel_type(name="desk", automod="disabled", automod_behavior="flag",
                                      max_message_length=3000, commands=["ticket"])
        self.chat.update_channel_type("desk", automod="disabled", automod_behavior="flag",
                                      max_message_length=2000, typing_events=False)
        desk = self.chat.get_channel_type("desk").data
        self.assertEqual((desk.max_message_length, desk.typing_events, desk.reactions),
                         (2000, False, True))
        self.assertEqual([each.name for each in desk.commands], ["ticket"])
        self.assertIn("desk", self.chat.list_channel_types().data.channel_types)
        self.chat.delete_channel_type("desk")
        self.chat.delete_command("ticket")


if __name__ == "__main__":
    unittest.main(verbosity=2)
