// Package actionsclient is a thin client of actions.v1 for voice engines.
//
//	client, err := actionsclient.New("127.0.0.1:5080", actionsclient.Options{})
//	execution, err := client.Execute(ctx, &actionsv1.ExecuteRequest{...})
//	outcome, err := execution.Run(actionsclient.Callbacks{OnStart: ...})
//
// Messages and stubs are generated, in actions/v1. The error of a call is an *Error.
package actionsclient

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"

	actionsv1 "github.com/actions-grpc/actions-grpc/clients/go/actions/v1"
)

// Options of a Client. The zero value is plaintext, no key, and a deadline of 30 s for each call.
type Options struct {
	APIKey  string
	Timeout time.Duration  // Deadline of every call whose context has none. 0: 30 s.
	TLS     bool           // TLS with the system's roots.
	Roots   *x509.CertPool // TLS with these roots.
}

// Client is a channel to one server, which reconnects by itself. Safe for concurrent use. gRPC retries a call only if the
// server can't have seen it; this client retries nothing else.
type Client struct {
	Actions actionsv1.ActionServiceClient
	Configs actionsv1.ActionConfigServiceClient
	Keys    actionsv1.ApiKeyServiceClient
	History actionsv1.ExecutionServiceClient

	channel *grpc.ClientConn
	options Options
}

// New returns a client for host:port. It connects on its first call.
func New(target string, options Options) (*Client, error) {
	if options.Timeout == 0 {
		options.Timeout = 30 * time.Second
	}
	client := &Client{options: options}
	security := grpc.WithInsecure()
	if options.TLS || options.Roots != nil {
		security = grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{RootCAs: options.Roots, MinVersion: tls.VersionTLS12}))
	}
	channel, err := grpc.Dial(target, security, grpc.WithUnaryInterceptor(client.unary))
	if err != nil {
		return nil, err
	}
	client.channel = channel
	client.Actions = actionsv1.NewActionServiceClient(channel)
	client.Configs = actionsv1.NewActionConfigServiceClient(channel)
	client.Keys = actionsv1.NewApiKeyServiceClient(channel)
	client.History = actionsv1.NewExecutionServiceClient(channel)
	return client, nil
}

// Close aborts every call and closes the channel.
func (c *Client) Close() error { return c.channel.Close() }

// Execute starts an execution. Cancelling ctx, or closing the Execution, ends the stream; whether the HTTP call ends with
// it is for the action's on_interruption to say, if the request has a call_id.
func (c *Client) Execute(ctx context.Context, request *actionsv1.ExecuteRequest) (*Execution, error) {
	ctx, cancel := c.prepared(ctx)
	stream, err := c.Actions.Execute(ctx, request)
	if err != nil {
		cancel()
		return nil, asError(err)
	}
	return &Execution{receive: func() (response, error) { return stream.Recv() }, cancel: cancel}, nil
}

// Attach follows an execution that has a call_id, on any server, from the event after afterSequence on.
func (c *Client) Attach(ctx context.Context, executionID string, afterSequence int32) (*Execution, error) {
	ctx, cancel := c.prepared(ctx)
	stream, err := c.Actions.Attach(
		ctx, &actionsv1.AttachRequest{ExecutionId: executionID, AfterSequence: afterSequence})
	if err != nil {
		cancel()
		return nil, asError(err)
	}
	return &Execution{receive: func() (response, error) { return stream.Recv() }, cancel: cancel}, nil
}

func (c *Client) unary(ctx context.Context, method string, request, reply interface{}, channel *grpc.ClientConn,
	invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
	ctx, cancel := c.prepared(ctx)
	defer cancel()
	return asError(invoke(ctx, method, request, reply, channel, options...))
}

// prepared adds the key and the deadline to a call.
func (c *Client) prepared(ctx context.Context) (context.Context, context.CancelFunc) {
	if c.options.APIKey != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+c.options.APIKey)
	}
	if _, has := ctx.Deadline(); has {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, c.options.Timeout)
}

// Execution is the stream of events of one execution.
type Execution struct {
	ID string // Set with the first event.

	receive func() (response, error)
	cancel  context.CancelFunc
}

// response is one of Execute or Attach.
type response interface {
	GetExecutionId() string
	GetEvent() *actionsv1.ExecutionEvent
}

// Next waits for the next event. After the last one the error is io.EOF.
func (e *Execution) Next() (*actionsv1.ExecutionEvent, error) {
	response, err := e.receive()
	if err != nil {
		e.cancel()
		return nil, asError(err)
	}
	e.ID = response.GetExecutionId()
	return response.GetEvent(), nil
}

// Close ends the stream if it still goes on.
func (e *Execution) Close() { e.cancel() }

// Callbacks has a function for each kind of event; nil functions are skipped.
type Callbacks struct {
	OnStart   func(*actionsv1.Start)
	OnDelay   func(*actionsv1.Delay)
	OnRetry   func(*actionsv1.Retry)
	OnResult  func(*actionsv1.Result)
	OnFailure func(*actionsv1.Failure)
}

// Run calls the callback of each event and returns the last event, which has the Result or Failure.
func (e *Execution) Run(on Callbacks) (last *actionsv1.ExecutionEvent, err error) {
	defer e.Close()
	for {
		event, err := e.Next()
		if errors.Is(err, io.EOF) {
			return last, nil
		} else if err != nil {
			return last, err
		}
		last = event
		if start := event.GetStart(); start != nil && on.OnStart != nil {
			on.OnStart(start)
		} else if delay := event.GetDelay(); delay != nil && on.OnDelay != nil {
			on.OnDelay(delay)
		} else if retry := event.GetRetry(); retry != nil && on.OnRetry != nil {
			on.OnRetry(retry)
		} else if result := event.GetResult(); result != nil && on.OnResult != nil {
			on.OnResult(result)
		} else if failure := event.GetFailure(); failure != nil && on.OnFailure != nil {
			on.OnFailure(failure)
		}
	}
}
