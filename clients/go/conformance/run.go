package main

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/golang/protobuf/jsonpb"
	"github.com/golang/protobuf/proto"
	"google.golang.org/grpc/codes"

	actionsclient "github.com/actions-grpc/actions-grpc/clients/go"
	actionsv1 "github.com/actions-grpc/actions-grpc/clients/go/actions/v1"
)

type runner struct {
	clients map[[2]string]*actionsclient.Client
}

func newRunner() *runner { return &runner{clients: map[[2]string]*actionsclient.Client{}} }

func (r *runner) close() {
	for _, client := range r.clients {
		client.Close()
	}
}

func (r *runner) run(test kase) error {
	random := make([]byte, 9)
	if _, err := rand.Read(random); err != nil {
		return err
	}
	id := hex.EncodeToString(random[:6])
	saved := variables{
		"run":           id,
		"upstream":      fmt.Sprintf("http://127.0.0.1:%s/%s/%s", setting("UPSTREAM_PORT"), strings.Replace(test.Name, "/", "~", 1), id),
		"upstream_port": setting("UPSTREAM_PORT"),
		"refused_port":  setting("REFUSED_PORT"),
		"lonely_host":   fmt.Sprintf("127.%d.%d.%d", random[6]|1, random[7]|1, random[8]|2),
		"admin_key":     setting("ADMIN_KEY"),
	}
	for i, step := range test.Steps {
		client, err := r.client(first(step.Server, test.Server, "default"), saved.fill(step.Key).(string))
		if err != nil {
			return err
		}
		expected := map[string]interface{}{"response": absent, "events": absent, "error": absent}
		for name, value := range step.Expect {
			expected[name] = value
		}
		for tried := 1; ; tried++ {
			came, err := perform(client, step, saved)
			if err != nil {
				return err
			}
			if err = saved.match(expected, came, fmt.Sprintf("step %d", i+1)); err == nil {
				break
			} else if tried >= step.Tries {
				return fmt.Errorf("%w in %s", err, text(came))
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	return nil
}

func (r *runner) client(server, key string) (*actionsclient.Client, error) {
	if client := r.clients[[2]string{server, key}]; client != nil {
		return client, nil
	}
	options := actionsclient.Options{APIKey: key}
	if server == "tls" {
		pem, err := os.ReadFile(setting("CA"))
		if err != nil {
			return nil, err
		}
		options.Roots = x509.NewCertPool()
		options.Roots.AppendCertsFromPEM(pem)
	}
	client, err := actionsclient.New(setting("SERVER_"+strings.ToUpper(server)), options)
	r.clients[[2]string{server, key}] = client
	return client, err
}

// perform returns the outcome of a step, in the shape of its `expect`.
func perform(client *actionsclient.Client, step step, saved variables) (map[string]interface{}, error) {
	ctx := context.Background()
	if step.Timeout > 0 {
		limited, cancel := context.WithTimeout(ctx, time.Duration(step.Timeout*float64(time.Second)))
		defer cancel()
		ctx = limited
	}
	came := map[string]interface{}{}
	request := saved.fill(step.Request).(map[string]interface{})
	var err error
	if step.RPC == "ActionService.Execute" {
		err = execute(ctx, client, step, request, came)
	} else if step.RPC == "ActionService.Attach" {
		err = attach(ctx, client, step, request, came)
	} else {
		came["response"], err = call(ctx, client, step.RPC, request)
	}
	var refused *actionsclient.Error
	if errors.As(err, &refused) {
		delete(came, "response")
		came["error"] = errorToJSON(refused)
		err = nil
	}
	return came, err
}

func execute(ctx context.Context, client *actionsclient.Client, step step, json, came map[string]interface{}) error {
	request := &actionsv1.ExecuteRequest{}
	if err := parse(json, request); err != nil {
		return err
	}
	execution, err := client.Execute(ctx, request)
	if err != nil {
		return err
	}
	return follow(execution, 0, step, came)
}

func attach(ctx context.Context, client *actionsclient.Client, step step, json, came map[string]interface{}) error {
	request := &actionsv1.AttachRequest{}
	if err := parse(json, request); err != nil {
		return err
	}
	execution, err := client.Attach(ctx, request.ExecutionId, request.AfterSequence)
	if err != nil {
		return err
	}
	return follow(execution, int(request.AfterSequence), step, came)
}

func follow(execution *actionsclient.Execution, after int, step step, came map[string]interface{}) error {
	defer execution.Close()
	var events []interface{}
	for {
		event, err := execution.Next()
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		described, err := toJSON(event)
		if err != nil {
			return err
		}
		events = append(events, described)
		came["events"] = events
		came["execution_id"] = execution.ID
		if int(event.Sequence) != after+len(events) || execution.ID == "" {
			return fmt.Errorf("event %d has the sequence %d, execution '%s'", len(events), event.Sequence, execution.ID)
		}
		if len(events) == step.CancelAfter {
			return nil
		}
	}
}

// call finds the stub's method by its name: func(ctx, *Request, ...CallOption) (*Response, error).
func call(ctx context.Context, client *actionsclient.Client, rpc string, json map[string]interface{}) (interface{}, error) {
	service, name, _ := strings.Cut(rpc, ".")
	stubs := map[string]interface{}{
		"ActionService": client.Actions, "ActionConfigService": client.Configs,
		"ApiKeyService": client.Keys, "ExecutionService": client.History,
	}
	method := reflect.ValueOf(stubs[service]).MethodByName(name)
	request := reflect.New(method.Type().In(1).Elem())
	if err := parse(json, request.Interface().(proto.Message)); err != nil {
		return nil, err
	}
	returned := method.Call([]reflect.Value{reflect.ValueOf(ctx), request})
	if err, _ := returned[1].Interface().(error); err != nil {
		return nil, err
	}
	return toJSON(returned[0].Interface().(proto.Message))
}

func parse(value map[string]interface{}, message proto.Message) error {
	// This version of jsonpb doesn't know that a mask is a string in JSON, in lowerCamelCase.
	if mask, is := value["update_mask"].(string); is {
		paths := []string{}
		for _, path := range strings.Split(mask, ",") {
			paths = append(paths, snakeCase(path))
		}
		value["update_mask"] = map[string]interface{}{"paths": paths}
	}
	return jsonpb.UnmarshalString(text(value), message)
}

func snakeCase(path string) string {
	var snake strings.Builder
	for _, letter := range path {
		if letter >= 'A' && letter <= 'Z' {
			snake.WriteByte('_')
			letter += 'a' - 'A'
		}
		snake.WriteRune(letter)
	}
	return snake.String()
}

func toJSON(message proto.Message) (interface{}, error) {
	described, err := (&jsonpb.Marshaler{OrigName: true}).MarshalToString(message)
	if err != nil {
		return nil, err
	}
	var value interface{}
	err = json.Unmarshal([]byte(described), &value)
	return value, err
}

func errorToJSON(err *actionsclient.Error) map[string]interface{} {
	code, _ := codeNames[err.Code]
	described := map[string]interface{}{"code": code}
	if err.Reason != "" {
		described["reason"], described["domain"] = err.Reason, err.Domain
	}
	if len(err.Metadata) > 0 {
		described["metadata"] = asObject(err.Metadata)
	}
	if len(err.Violations) > 0 {
		described["violations"] = asObject(err.Violations)
	}
	if err.RetryDelay != nil {
		described["retry_delay"] = err.RetryDelay.Seconds()
	}
	return described
}

func asObject(texts map[string]string) map[string]interface{} {
	object := map[string]interface{}{}
	for name, value := range texts {
		object[name] = value
	}
	return object
}

func first(candidates ...string) string {
	for _, candidate := range candidates {
		if candidate != "" {
			return candidate
		}
	}
	return ""
}

// Go writes codes in its own way, "NotFound".
var codeNames = map[codes.Code]string{
	codes.Canceled: "CANCELLED", codes.Unknown: "UNKNOWN", codes.InvalidArgument: "INVALID_ARGUMENT",
	codes.DeadlineExceeded: "DEADLINE_EXCEEDED", codes.NotFound: "NOT_FOUND", codes.AlreadyExists: "ALREADY_EXISTS",
	codes.PermissionDenied: "PERMISSION_DENIED", codes.ResourceExhausted: "RESOURCE_EXHAUSTED",
	codes.FailedPrecondition: "FAILED_PRECONDITION", codes.Aborted: "ABORTED", codes.Internal: "INTERNAL",
	codes.Unavailable: "UNAVAILABLE", codes.Unauthenticated: "UNAUTHENTICATED", codes.Unimplemented: "UNIMPLEMENTED",
}
