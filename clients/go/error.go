package actionsclient

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/golang/protobuf/ptypes"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Error is an RPC that ended with an error status. Switch on Reason, never on the text.
type Error struct {
	Code       codes.Code
	Message    string
	Reason     string // Name of an ErrorReason. Empty if the status is not the server's.
	Domain     string
	Metadata   map[string]string
	Violations map[string]string // Descriptions by field path.
	RetryDelay *time.Duration    // Delay before a retry, if the server has set it.
}

func (e *Error) Error() string { return fmt.Sprintf("%s: %s", e.Code, e.Message) }

func asError(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	converted := status.Convert(err)
	result := &Error{Code: converted.Code(), Message: converted.Message(), Violations: map[string]string{}}
	for _, detail := range converted.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			result.Reason, result.Domain, result.Metadata = detail.Reason, detail.Domain, detail.Metadata
		case *errdetails.BadRequest:
			for _, violation := range detail.FieldViolations {
				result.Violations[violation.Field] = violation.Description
			}
		case *errdetails.RetryInfo:
			if delay, err := ptypes.Duration(detail.RetryDelay); err == nil {
				result.RetryDelay = &delay
			}
		}
	}
	return result
}
