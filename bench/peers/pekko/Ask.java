import static org.apache.pekko.pattern.Patterns.ask;

import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import org.apache.pekko.actor.AbstractActor;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.Props;
import org.apache.pekko.util.Timeout;

/**
 * One actor asks another one in another process, over Artery's TCP.
 *
 * <p>usage: Ask serve PORT | Ask PORT IN_FLIGHT BYTES WARM_UP_S SECONDS
 */
final class Ask {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private static final String CONFIG = """
      pekko.stdout-loglevel = OFF
      pekko.loglevel = OFF
      pekko.jvm-shutdown-hooks = off
      pekko.actor.provider = remote
      pekko.remote.use-unsafe-remote-features-outside-cluster = on
      pekko.remote.warn-about-direct-use = off
      pekko.remote.artery.transport = tcp
      pekko.remote.artery.canonical.hostname = "127.0.0.1"
      pekko.remote.artery.canonical.port = %s
      """;

  /** Answers what it was asked. */
  static final class Echo extends AbstractActor {
    @Override
    public Receive createReceive() {
      return receiveBuilder().match(String.class,
          body -> getSender().tell(body, getSelf())).build();
    }
  }

  private static ActorSystem start(String port) {
    return ActorSystem.create("peer",
        ConfigFactory.parseString(CONFIG.formatted(port))
            .withFallback(ConfigFactory.load()));
  }

  private static ActorRef find(ActorSystem system, String port)
      throws Exception {
    return system
        .actorSelection("pekko://peer@127.0.0.1:" + port + "/user/echo")
        .resolveOne(TIMEOUT).toCompletableFuture().get();
  }

  public static void main(String[] arguments) throws Exception {
    if (arguments[0].equals("serve")) {
      start(arguments[1])
          .actorOf(Props.create(Echo.class, Echo::new), "echo");
      return;
    }
    var system = start("0");
    try {
      var target = find(system, arguments[0]);
      var body = "x".repeat(Integer.parseInt(arguments[2]));
      var timeout = Timeout.create(TIMEOUT);
      new ClosedLoop(system, () -> ask(target, body, timeout), body).run(
          Integer.parseInt(arguments[1]), Double.parseDouble(arguments[3]),
          Double.parseDouble(arguments[4]));
    } finally {
      system.terminate();
    }
  }
}
