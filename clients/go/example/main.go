// A minimal voice engine: creates an action, executes it and prints the text of each event.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/golang/protobuf/ptypes"
	structpb "github.com/golang/protobuf/ptypes/struct"

	actionsclient "github.com/actions-grpc/actions-grpc/clients/go"
	actionsv1 "github.com/actions-grpc/actions-grpc/clients/go/actions/v1"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "Arguments: SERVER URL [NAME=VALUE]..., such as 127.0.0.1:5080 'http://127.0.0.1:9000/{file}' file=README.md")
		os.Exit(2)
	}
	variables := map[string]*structpb.Value{}
	for _, pair := range os.Args[3:] {
		name, value, _ := strings.Cut(pair, "=")
		variables[name] = &structpb.Value{Kind: &structpb.Value_StringValue{StringValue: value}}
	}
	if err := speak(os.Args[1], os.Args[2], variables); err != nil {
		fmt.Fprintln(os.Stderr, err)
		var refused *actionsclient.Error
		if errors.As(err, &refused) {
			fmt.Fprintln(os.Stderr, refused.Reason, refused.Violations)
		}
		os.Exit(1)
	}
}

func speak(server, url string, variables map[string]*structpb.Value) error {
	client, err := actionsclient.New(server, actionsclient.Options{})
	if err != nil {
		return err
	}
	defer client.Close()

	ctx := context.Background()
	created, err := client.Configs.CreateActionConfig(ctx, &actionsv1.CreateActionConfigRequest{ActionConfig: &actionsv1.ActionConfig{
		Name:    fmt.Sprintf("Go example %d", time.Now().UnixNano()),
		Request: &actionsv1.HttpRequest{Method: actionsv1.HttpMethod_HTTP_METHOD_GET, Url: url},
		Messages: &actionsv1.Messages{
			StartMessage:   "Let me look that up.",
			DelayMessage:   "One moment, this takes a little longer.",
			DelayThreshold: ptypes.DurationProto(time.Second),
			FailureMessage: "I'm sorry, I couldn't find out.",
		},
	}})
	if err != nil {
		return err
	}
	id := created.ActionConfig.Id
	defer client.Configs.DeleteActionConfig(ctx, &actionsv1.DeleteActionConfigRequest{Id: id})

	execution, err := client.Execute(ctx, &actionsv1.ExecuteRequest{
		Target: &actionsv1.ExecuteRequest_Id{Id: id}, Variables: variables,
	})
	if err != nil {
		return err
	}
	// In a voice engine, the printed text would go to text-to-speech.
	last, err := execution.Run(actionsclient.Callbacks{
		OnStart: func(start *actionsv1.Start) { fmt.Println("start   ", start.Message) },
		OnDelay: func(delay *actionsv1.Delay) { fmt.Println("delay   ", delay.Message) },
		OnResult: func(result *actionsv1.Result) {
			fmt.Printf("result   status %d, %d bytes\n", result.StatusCode, len(result.Body))
		},
		OnFailure: func(failure *actionsv1.Failure) {
			fmt.Printf("failure  %s (%s: %s)\n", failure.Message, failure.Reason, failure.Detail)
		},
	})
	if err == nil && last.GetFailure() != nil {
		err = errors.New("the call failed")
	}
	return err
}
