module github.com/actions-grpc/actions-grpc/clients/go

go 1.19

require (
	github.com/golang/protobuf v1.3.5
	google.golang.org/genproto v0.0.0-20200526211855-cb27e3aa2013
	google.golang.org/grpc v1.33.3
)
