// Package actionsclient is a thin voice engine's client for actions.v1.
//
//	client, err := actionsclient.New("127.0.0.1:5080", actionsclient.Options{})
//	execution, err := client.Execute(ctx, &actionsv1.ExecuteRequest{...})
//	outcome, err := execution.Run(actionsclient.Callbacks{OnStart: ...})
//
// Messages and stubs are the generated ones, of actions/v1. An error of a call is an *Error.
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

// Options of a Client; the zero value is plaintext, without a key, and 30 s for each call.
type Options struct {
	APIKey  string
	Timeout time.Duration  // The deadline of every call whose context has none.
	TLS     bool           // With the system's roots.
	Roots   *x509.CertPool // TLS with these roots.
}

// Client is one channel to a server, which connects again by itself. Safe for concurrent use. gRPC makes a call again only
// where the server can't have seen it; nothing else is retried here.
type Client struct {
	Actions actionsv1.ActionServiceClient
	Configs actionsv1.ActionConfigServiceClient
	Keys    actionsv1.ApiKeyServiceClient

	channel *grpc.ClientConn
	options Options
}

// New makes a client for host:port. It connects when it is first used.
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
	return client, nil
}

// Close ends every call.
func (c *Client) Close() error { return c.channel.Close() }

// Execute starts an execution. Cancelling ctx, or closing the Execution, aborts the HTTP call.
func (c *Client) Execute(ctx context.Context, request *actionsv1.ExecuteRequest) (*Execution, error) {
	ctx, cancel := c.prepared(ctx)
	stream, err := c.Actions.Execute(ctx, request)
	if err != nil {
		cancel()
		return nil, asError(err)
	}
	return &Execution{stream: stream, cancel: cancel}, nil
}

func (c *Client) unary(ctx context.Context, method string, request, reply interface{}, channel *grpc.ClientConn,
	invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
	ctx, cancel := c.prepared(ctx)
	defer cancel()
	return asError(invoke(ctx, method, request, reply, channel, options...))
}

// prepared gives a call its key and its deadline.
func (c *Client) prepared(ctx context.Context) (context.Context, context.CancelFunc) {
	if c.options.APIKey != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+c.options.APIKey)
	}
	if _, has := ctx.Deadline(); has {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, c.options.Timeout)
}

// Execution is the story of one execution as it happens.
type Execution struct {
	ID string // Known from the first event on.

	stream actionsv1.ActionService_ExecuteClient
	cancel context.CancelFunc
}

// Next waits for the next event. After the last one the error is io.EOF.
func (e *Execution) Next() (*actionsv1.ExecutionEvent, error) {
	response, err := e.stream.Recv()
	if err != nil {
		e.cancel()
		return nil, asError(err)
	}
	e.ID = response.ExecutionId
	return response.Event, nil
}

// Close aborts the HTTP call, unless it has ended.
func (e *Execution) Close() { e.cancel() }

// Callbacks for each kind of event; nil ones aren't called.
type Callbacks struct {
	OnStart   func(*actionsv1.Start)
	OnDelay   func(*actionsv1.Delay)
	OnRetry   func(*actionsv1.Retry)
	OnResult  func(*actionsv1.Result)
	OnFailure func(*actionsv1.Failure)
}

// Run hands each event to its callback and returns the last: its Result or Failure is what came of it.
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
