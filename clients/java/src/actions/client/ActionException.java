package actions.client;

import actions.rpc.ErrorDetails;
import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** An RPC that ended with an error status. Switch on {@link #reason}, never on the text. */
public final class ActionException extends RuntimeException {
  private static final Metadata.Key<byte[]> DETAILS =
      Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER);

  private final Status.Code code;
  private String reason = "";
  private String domain = "";
  private Map<String, String> metadata = Map.of();
  private final Map<String, String> violations = new LinkedHashMap<>();
  private Optional<Duration> retryDelay = Optional.empty();

  ActionException(StatusRuntimeException error) {
    super(error.getMessage(), error);
    code = error.getStatus().getCode();
    byte[] status = error.getTrailers() == null ? null : error.getTrailers().get(DETAILS);
    try {
      for (Any detail : ErrorDetails.Status.parseFrom(status == null ? new byte[0] : status).getDetailsList()) {
        take(detail);
      }
    } catch (InvalidProtocolBufferException broken) {
      addSuppressed(broken);
    }
  }

  private void take(Any detail) throws InvalidProtocolBufferException {
    switch (detail.getTypeUrl().substring(detail.getTypeUrl().lastIndexOf('/') + 1)) {
      case "google.rpc.ErrorInfo" -> {
        var info = ErrorDetails.ErrorInfo.parseFrom(detail.getValue());
        reason = info.getReason();
        domain = info.getDomain();
        metadata = info.getMetadataMap();
      }
      case "google.rpc.BadRequest" -> ErrorDetails.BadRequest.parseFrom(detail.getValue()).getFieldViolationsList()
          .forEach(violation -> violations.put(violation.getField(), violation.getDescription()));
      case "google.rpc.RetryInfo" -> {
        var delay = ErrorDetails.RetryInfo.parseFrom(detail.getValue()).getRetryDelay();
        retryDelay = Optional.of(Duration.ofSeconds(delay.getSeconds(), delay.getNanos()));
      }
      default -> { }
    }
  }

  public Status.Code code() {
    return code;
  }

  /** Name of an ErrorReason. Empty if the status is not the server's. */
  public String reason() {
    return reason;
  }

  public String domain() {
    return domain;
  }

  public Map<String, String> metadata() {
    return metadata;
  }

  /** Violations by field path. */
  public Map<String, String> violations() {
    return violations;
  }

  /** Delay before a retry, if the server has set it. */
  public Optional<Duration> retryDelay() {
    return retryDelay;
  }
}
