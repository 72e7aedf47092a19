import static org.apache.pekko.pattern.Patterns.ask;
import static org.apache.pekko.pattern.Patterns.pipe;

import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

import org.apache.pekko.actor.AbstractActor;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.Props;
import org.apache.pekko.dispatch.Futures;
import org.apache.pekko.dispatch.Mapper;
import org.apache.pekko.util.Timeout;
import scala.concurrent.Future;

/**
 * The three layers of bench/plugins/noop.cpp as actors that ask each other, in
 * one process.
 *
 * <p>usage: Layers LEAVES WARM_UP_SECONDS SECONDS
 */
final class Layers {
  private static final Timeout TIMEOUT = Timeout.create(Duration.ofSeconds(30));
  private static final int MIDDLES = 4;
  private static final int LEAVES = 8;
  private static final int WIDTH = 32;
  private static final LongAdder LEAF_CALLS = new LongAdder();

  /** Answers what it was asked. */
  static final class Leaf extends AbstractActor {
    @Override
    public Receive createReceive() {
      return receiveBuilder().match(String.class, piece -> {
        LEAF_CALLS.increment();
        getSender().tell(piece, getSelf());
      }).build();
    }
  }

  /** Asks as many of the next layer as there are pieces, and adds up. */
  abstract static class Splitter extends AbstractActor {
    private final List<ActorRef> next;
    private int turn;

    Splitter(List<ActorRef> next) {
      this.next = next;
    }

    abstract List<Object> pieces(int count);

    abstract int value(Object answer);

    @Override
    public Receive createReceive() {
      return receiveBuilder().match(Integer.class, count -> {
        var executor = getContext().dispatcher();
        List<Future<Object>> parts = new ArrayList<>();
        for (Object piece : pieces(count))
          parts.add(ask(next.get(turn++ % next.size()), piece, TIMEOUT));
        var sum = Futures.sequence(parts, executor).map(
            new Mapper<Iterable<Object>, Object>() {
              @Override
              public Object apply(Iterable<Object> answers) {
                int total = 0;
                for (Object answer : answers) total += value(answer);
                return total;
              }
            }, executor);
        pipe(sum, executor).to(getSender());
      }).build();
    }
  }

  /** N: N leaves. */
  static final class Middle extends Splitter {
    Middle(List<ActorRef> leaves) {
      super(leaves);
    }

    @Override
    List<Object> pieces(int count) {
      return Collections.nCopies(count, "x");
    }

    @Override
    int value(Object answer) {
      return answer.equals("x") ? 1 : 0;
    }
  }

  /** N: N leaves below pieces of the middle layer. */
  static final class Root extends Splitter {
    Root(List<ActorRef> middles) {
      super(middles);
    }

    @Override
    List<Object> pieces(int count) {
      List<Object> pieces = new ArrayList<>();
      for (int left = count; left > 0; left -= WIDTH)
        pieces.add(Math.min(left, WIDTH));
      return pieces;
    }

    @Override
    int value(Object answer) {
      return (Integer) answer;
    }
  }

  private static List<ActorRef> spawn(ActorSystem system, int count,
      Props props) {
    List<ActorRef> actors = new ArrayList<>();
    for (int i = 0; i < count; ++i) actors.add(system.actorOf(props));
    return actors;
  }

  public static void main(String[] arguments) throws Exception {
    int wanted = Integer.parseInt(arguments[0]);
    var system = ActorSystem.create("layers",
        ConfigFactory.parseString("pekko.loglevel = OFF")
            .withFallback(ConfigFactory.load()));
    var leaves = spawn(system, LEAVES, Props.create(Leaf.class, Leaf::new));
    var middles = spawn(system, MIDDLES,
        Props.create(Middle.class, () -> new Middle(leaves)));
    var root = system.actorOf(
        Props.create(Root.class, () -> new Root(middles)));
    try {
      var loop = new ClosedLoop(
          system, () -> ask(root, wanted, TIMEOUT), wanted);
      loop.run(1, Double.parseDouble(arguments[1]),
          Double.parseDouble(arguments[2]));
      if (LEAF_CALLS.sum() != loop.asked() * wanted)
        throw new IllegalStateException(LEAF_CALLS.sum() + " leaf calls for "
            + loop.asked() + " requests");
    } finally {
      system.terminate();
    }
  }
}
