// What a team writes by hand on grpc-go: one call, one HTTP request, two events. No limits, no guard, no store.
package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"time"

	"github.com/golang/protobuf/ptypes"
	structpb "github.com/golang/protobuf/ptypes/struct"
	"google.golang.org/grpc"

	actionsv1 "github.com/actions-grpc/actions-grpc/clients/go/actions/v1"
)

const (
	timeout   = 10 * time.Second
	threshold = 2 * time.Second
)

// The fields that the two actions select. What is absent from an answer stays nil.
type small struct {
	Order *struct{ Status, Eta *string }
}

type large struct {
	Count  *float64
	Orders []struct {
		Status   string
		Customer struct{ Name string }
		Total    float64
	}
	Page *struct{ Next *string }
}

type service struct {
	actionsv1.UnimplementedActionServiceServer
	api  string
	http *http.Client
}

// Execute does the same visible work: Start, a GET of /{name}/{order} within the time-out, a Delay beyond a threshold,
// and a Result with the selected fields, or a Failure.
func (s *service) Execute(request *actionsv1.ExecuteRequest, stream actionsv1.ActionService_ExecuteServer) error {
	id, err := newID()
	if err != nil {
		return err
	}
	began := time.Now()
	sequence := int32(0)
	send := func(event *actionsv1.ExecutionEvent) error {
		sequence++
		event.Sequence = sequence
		event.Elapsed = ptypes.DurationProto(time.Since(began))
		return stream.Send(&actionsv1.ExecuteResponse{ExecutionId: id, Event: event})
	}
	start := &actionsv1.Start{Message: "Let me look that up."}
	if err := send(&actionsv1.ExecutionEvent{Event: &actionsv1.ExecutionEvent_Start{Start: start}}); err != nil {
		return err
	}

	ctx, cancel := context.WithTimeout(stream.Context(), timeout)
	defer cancel()
	outcome := make(chan *actionsv1.ExecutionEvent, 1)
	go func() { outcome <- s.call(ctx, request) }()
	silence := time.NewTimer(threshold)
	defer silence.Stop()
	for {
		select {
		case event := <-outcome:
			return send(event)
		case <-silence.C:
			delay := &actionsv1.Delay{Message: "One moment.", Ordinal: 1}
			if err := send(&actionsv1.ExecutionEvent{Event: &actionsv1.ExecutionEvent_Delay{Delay: delay}}); err != nil {
				return err
			}
		}
	}
}

func (s *service) call(ctx context.Context, request *actionsv1.ExecuteRequest) *actionsv1.ExecutionEvent {
	target := s.api + url.PathEscape(request.GetName())
	if order, has := request.Variables["order"]; has {
		target += "/" + url.PathEscape(order.GetStringValue())
	}
	get, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return fail(actionsv1.FailureReason_FAILURE_REASON_CONNECTION, 0)
	}
	response, err := s.http.Do(get)
	if err != nil {
		return fail(reason(err), 0)
	}
	defer response.Body.Close()
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return fail(actionsv1.FailureReason_FAILURE_REASON_HTTP_STATUS, response.StatusCode)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return fail(reason(err), 0)
	}
	selectFields := selectSmall
	if request.GetName() == "large" {
		selectFields = selectLarge
	}
	variables, err := selectFields(body)
	if err != nil {
		return fail(actionsv1.FailureReason_FAILURE_REASON_INVALID_RESPONSE, response.StatusCode)
	}
	if variables == nil {
		return fail(actionsv1.FailureReason_FAILURE_REASON_MISSING_RESULT, response.StatusCode)
	}
	return &actionsv1.ExecutionEvent{Event: &actionsv1.ExecutionEvent_Result{Result: &actionsv1.Result{
		StatusCode:  int32(response.StatusCode),
		ContentType: response.Header.Get("Content-Type"),
		Attempts:    1,
		Variables:   variables,
	}}}
}

func selectSmall(body []byte) (map[string]*structpb.Value, error) {
	var answer small
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, err
	}
	if answer.Order == nil || answer.Order.Status == nil || answer.Order.Eta == nil {
		return nil, nil
	}
	return map[string]*structpb.Value{"status": text(*answer.Order.Status), "eta": text(*answer.Order.Eta)}, nil
}

func selectLarge(body []byte) (map[string]*structpb.Value, error) {
	var answer large
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, err
	}
	if answer.Count == nil || len(answer.Orders) < 101 || answer.Page == nil || answer.Page.Next == nil {
		return nil, nil
	}
	return map[string]*structpb.Value{
		"count": number(*answer.Count),
		"first": text(answer.Orders[0].Status),
		"tenth": text(answer.Orders[10].Customer.Name),
		"total": number(answer.Orders[100].Total),
		"next":  text(*answer.Page.Next),
	}, nil
}

func text(value string) *structpb.Value {
	return &structpb.Value{Kind: &structpb.Value_StringValue{StringValue: value}}
}

func number(value float64) *structpb.Value {
	return &structpb.Value{Kind: &structpb.Value_NumberValue{NumberValue: value}}
}

func reason(err error) actionsv1.FailureReason {
	if errors.Is(err, context.DeadlineExceeded) {
		return actionsv1.FailureReason_FAILURE_REASON_TIMEOUT
	}
	return actionsv1.FailureReason_FAILURE_REASON_CONNECTION
}

func fail(reason actionsv1.FailureReason, status int) *actionsv1.ExecutionEvent {
	return &actionsv1.ExecutionEvent{Event: &actionsv1.ExecutionEvent_Failure{Failure: &actionsv1.Failure{
		Message:    "I can't reach the shop now.",
		Reason:     reason,
		StatusCode: int32(status),
		Attempts:   1,
	}}}
}

func newID() (string, error) {
	var random [16]byte
	_, err := rand.Read(random[:])
	return hex.EncodeToString(random[:]), err
}

func main() {
	if os.Args[1] == "version" {
		fmt.Printf("%s, grpc-go %s\n", runtime.Version(), grpc.Version)
		return
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	// Go's default keeps two idle connections of a host.
	transport := &http.Transport{MaxIdleConns: 0, MaxIdleConnsPerHost: 1 << 16, IdleConnTimeout: 90 * time.Second}
	server := grpc.NewServer()
	actionsv1.RegisterActionServiceServer(server, &service{api: os.Args[1], http: &http.Client{Transport: transport}})
	fmt.Printf("Grpc http://%s\n", listener.Addr())
	log.Fatal(server.Serve(listener))
}
