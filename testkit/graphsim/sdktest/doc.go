// Package sdktest proves that Microsoft's own library for Graph works with the
// simulated one: github.com/microsoftgraph/msgraph-sdk-go sends each method of
// the call API that /v1.0 has, with its own middleware, and reads what the
// simulator says into its typed models.
//
// It is a module of its own, since nothing else needs the library, whose models
// take two minutes and 5 GB of memory to compile. So no other command of this
// repository runs it; tools/test -sdk does, or from the root of the repository
//
//	cd testkit/graphsim/sdktest && go test .
package sdktest
