import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.dispatch.OnComplete;
import scala.concurrent.ExecutionContext;
import scala.concurrent.Future;

/**
 * Keeps a number of questions under way and measures what each takes.
 *
 * <p>It takes Scala's futures, since the Java API's start a thread per answer
 * where there are only two cores.
 */
final class ClosedLoop {
  private final ExecutionContext executor;
  private final Supplier<Future<Object>> question;
  private final Object answer;
  private long end;
  private CountDownLatch open;
  private long[] tookNanos = new long[1 << 20];
  private int count;
  private long asked;
  private String failure;

  ClosedLoop(ActorSystem system, Supplier<Future<Object>> question,
      Object answer) {
    this.executor = system.dispatcher();
    this.question = question;
    this.answer = answer;
  }

  /** Prints one JSON object, of what came after the warm-up. */
  void run(int inFlight, double warmUpSeconds, double seconds)
      throws InterruptedException {
    round(inFlight, warmUpSeconds);
    long start = System.nanoTime();
    round(inFlight, seconds);
    double took = (System.nanoTime() - start) / 1e9;
    long[] sorted = Arrays.copyOf(tookNanos, count);
    Arrays.sort(sorted);
    System.out.printf(
        "{\"version\": \"%s\", \"rps\": %.2f, \"p50_us\": %.1f, "
            + "\"p99_us\": %.1f, \"requests\": %d}%n",
        ActorSystem.Version(), count / took, quantile(sorted, 0.5),
        quantile(sorted, 0.99), count);
  }

  /** How many questions there were, with the warm-up's. */
  long asked() {
    return asked;
  }

  private void round(int inFlight, double seconds)
      throws InterruptedException {
    count = 0;
    open = new CountDownLatch(inFlight);
    end = System.nanoTime() + (long) (seconds * 1e9);
    for (int i = 0; i < inFlight; ++i) ask();
    open.await();
    if (failure != null) throw new IllegalStateException(failure);
  }

  private void ask() {
    long start = System.nanoTime();
    question.get().onComplete(new OnComplete<Object>() {
      @Override
      public void onComplete(Throwable error, Object found) {
        long now = System.nanoTime();
        record(now - start, found, error);
        if (error == null && now < end) ask();
        else open.countDown();
      }
    }, executor);
  }

  private synchronized void record(long nanos, Object found, Throwable error) {
    if (error != null) failure = error.toString();
    else if (!answer.equals(found)) failure = "a wrong answer: " + found;
    if (count == tookNanos.length)
      tookNanos = Arrays.copyOf(tookNanos, 2 * count);
    tookNanos[count++] = nanos;
    ++asked;
  }

  private static double quantile(long[] sorted, double share) {
    return sorted[(int) (share * (sorted.length - 1))] / 1e3;
  }
}
