// A customer's flow through the official Java client, unmodified: `java Flow WEBHOOK_URL`. The client reads
// key, secret and URL of the server from its own system properties. When all is done it says "done", and
// then judges webhooks: for each line "signature body-in-base64" on its input it prints true or false.
import io.getstream.chat.java.models.App;
import io.getstream.chat.java.models.Channel;
import io.getstream.chat.java.models.Channel.ChannelMemberRequestObject;
import io.getstream.chat.java.models.Channel.ChannelRequestObject;
import io.getstream.chat.java.models.FilterCondition;
import io.getstream.chat.java.models.Message;
import io.getstream.chat.java.models.Message.MessageRequestObject;
import io.getstream.chat.java.models.Reaction;
import io.getstream.chat.java.models.Reaction.ReactionRequestObject;
import io.getstream.chat.java.models.User;
import io.getstream.chat.java.models.User.UserRequestObject;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Objects;

final class Flow {
  private static void same(Object expected, Object actual) {
    if (!Objects.equals(expected, actual)) {
      throw new AssertionError("expected " + expected + ", got " + actual);
    }
  }

  private static UserRequestObject user(String id) {
    return UserRequestObject.builder().id(id).build();
  }

  private static void settings(String hook) throws Exception {
    List<String> events = List.of("channel.created", "message.new", "message.updated", "reaction.new", "message.deleted");
    App.update().webhookURL(hook).webhookEvents(events).request();
    App.AppConfig app = App.get().request().getApp();
    same(hook, app.getWebhookURL());
    same(events, app.getWebhookEvents());
  }

  private static void chat() throws Exception {
    User.upsert()
        .user(UserRequestObject.builder().id("mara").name("Mara").additionalField("berth", "B3").build())
        .user(UserRequestObject.builder().id("olaf").role("admin").build())
        .request();
    List<User> users = User.list().filterConditions(FilterCondition.in("id", "mara", "olaf")).request().getUsers();
    same(2, users.size());

    Channel channel =
        Channel.getOrCreate("messaging", "dock")
            .data(
                ChannelRequestObject.builder()
                    .createdBy(user("mara"))
                    .member(ChannelMemberRequestObject.builder().user(user("mara")).build())
                    .member(ChannelMemberRequestObject.builder().user(user("olaf")).build())
                    .additionalField("name", "Dock")
                    .build())
            .request()
            .getChannel();
    same("messaging:dock", channel.getCId());
    same("Dock", channel.getAdditionalFields().get("name"));

    Message message =
        Message.send("messaging", "dock")
            .message(MessageRequestObject.builder().text("hi").userId("mara").additionalField("priority", 1.5).build())
            .request()
            .getMessage();
    same(1.5, message.getAdditionalFields().get("priority"));
    String id = message.getId();
    Reaction.send(id).reaction(ReactionRequestObject.builder().type("like").userId("olaf").score(3).build()).request();
    List<Reaction> reactions = Reaction.list(id).request().getReactions();
    same(1, reactions.size());
    same("like", reactions.get(0).getType());
    Reaction.delete(id, "like").userId("olaf").request();

    same("ho", Message.update(id).message(MessageRequestObject.builder().text("ho").userId("mara").build()).request().getMessage().getText());
    same("hu", Message.partialUpdate(id).setValue("text", "hu").user(user("mara")).request().getMessage().getText());
    same("hu", Message.get(id).request().getMessage().getText());
    Channel.markRead("messaging", "dock").userId("olaf").request();
    Message.delete(id).request();

    Channel.update("messaging", "dock").removeMember("olaf").request();
    same(1, Channel.getOrCreate("messaging", "dock").state(true).request().getMembers().size());
    User.ban().targetUserId("olaf").userId("mara").request();
    User.unban("olaf").request();
    Channel.delete("messaging", "dock").request();
  }

  public static void main(String[] args) throws Exception {
    settings(args[0]);
    chat();
    System.out.println("done");
    BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      String[] words = line.split(" ");
      String body = new String(Base64.getDecoder().decode(words[1]), StandardCharsets.UTF_8);
      System.out.println(App.verifyWebhookSignature(body, words[0]));
    }
  }
}
