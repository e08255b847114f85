package actions.client;

import actions.v1.Delay;
import actions.v1.ExecutionEvent;
import actions.v1.Failure;
import actions.v1.Result;
import actions.v1.Retry;
import actions.v1.Start;
import io.grpc.Context;
import io.grpc.StatusRuntimeException;
import java.util.Iterator;
import java.util.function.Function;
import java.util.function.Supplier;

/** The stream of events of one execution. Closing it early ends the stream. */
public final class Execution implements Iterator<ExecutionEvent>, AutoCloseable {
  private final Context.CancellableContext context;
  private final Iterator<Told> responses;
  private String id = "";

  private Execution(Context.CancellableContext context, Iterator<Told> responses) {
    this.context = context;
    this.responses = responses;
  }

  // Of a response of Execute or Attach.
  private record Told(String executionId, ExecutionEvent event) { }

  static <R> Execution of(Supplier<Iterator<R>> call, Function<R, String> id, Function<R, ExecutionEvent> event) {
    var context = Context.current().withCancellation();
    var outer = context.attach();
    try {
      var responses = call.get();
      return new Execution(context, new Iterator<Told>() {
        @Override
        public boolean hasNext() {
          return responses.hasNext();
        }

        @Override
        public Told next() {
          var response = responses.next();
          return new Told(id.apply(response), event.apply(response));
        }
      });
    } finally {
      context.detach(outer);
    }
  }

  /** A method for each kind of event; methods that aren't overridden do nothing. */
  public interface Listener {
    default void onStart(Start start) { }

    default void onDelay(Delay delay) { }

    default void onRetry(Retry retry) { }

    default void onResult(Result result) { }

    default void onFailure(Failure failure) { }
  }

  /** The execution's id. Empty before the first event. */
  public String id() {
    return id;
  }

  /** Waits for the next event, or for the end of the stream. */
  @Override
  public boolean hasNext() {
    try {
      return responses.hasNext();
    } catch (StatusRuntimeException error) {
      throw new ActionException(error);
    }
  }

  @Override
  public ExecutionEvent next() {
    try {
      var response = responses.next();
      id = response.executionId();
      return response.event();
    } catch (StatusRuntimeException error) {
      throw new ActionException(error);
    }
  }

  /** Calls the listener for each event and returns the last event, which has the Result or Failure. */
  public ExecutionEvent run(Listener listener) {
    var last = ExecutionEvent.getDefaultInstance();
    while (hasNext()) {
      last = next();
      switch (last.getEventCase()) {
        case START -> listener.onStart(last.getStart());
        case DELAY -> listener.onDelay(last.getDelay());
        case RETRY -> listener.onRetry(last.getRetry());
        case RESULT -> listener.onResult(last.getResult());
        case FAILURE -> listener.onFailure(last.getFailure());
        default -> { } // An event of a newer server is ignored.
      }
    }
    return last;
  }

  @Override
  public void close() {
    context.cancel(null);
  }
}
