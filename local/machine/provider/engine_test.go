package provider_test

import (
	"fmt"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/structpb"

	"docx2pdf/local/machine/provider"
)

// engine is a client of the provider that keeps a resource's state between
// calls as the Pulumi engine does.
type engine struct {
	t      *testing.T
	client pulumirpc.ResourceProviderClient
}

// attach serves the provider and connects to it as the engine does.
func attach(t *testing.T, endpoint string, config resource.PropertyMap) *engine {
	t.Helper()
	port, err := provider.Serve(t.Context(), provider.Options{Endpoint: endpoint, AccessToken: "owner",
		WorkDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	return connect(t, port, config)
}

func connect(t *testing.T, port int, config resource.PropertyMap) *engine {
	t.Helper()
	conn, err := grpc.NewClient(fmt.Sprintf("127.0.0.1:%d", port),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	e := &engine{t: t, client: pulumirpc.NewResourceProviderClient(conn)}
	if _, err := e.client.Configure(t.Context(), &pulumirpc.ConfigureRequest{Args: e.marshal(config)}); err != nil {
		t.Fatal(err)
	}
	return e
}

// stack is the configuration that most tests use.
var stack = props(map[string]any{"project": "p1", "region": "europe-west1"})

func props(m map[string]any) resource.PropertyMap { return resource.NewPropertyMapFromMap(m) }

func secret(v string) resource.PropertyValue { return resource.MakeSecret(resource.NewProperty(v)) }

func (e *engine) marshal(m resource.PropertyMap) *structpb.Struct {
	e.t.Helper()
	v, err := plugin.MarshalProperties(m, plugin.MarshalOptions{KeepSecrets: true, KeepUnknowns: true,
		ComputeAssetHashes: true})
	if err != nil {
		e.t.Fatal(err)
	}
	return v
}

func (e *engine) unmarshal(v *structpb.Struct) resource.PropertyMap {
	e.t.Helper()
	m, err := plugin.UnmarshalProperties(v, plugin.MarshalOptions{KeepSecrets: true, KeepUnknowns: true})
	if err != nil {
		e.t.Fatal(err)
	}
	return m
}

// deployed is a resource in the state.
type deployed struct {
	e               *engine
	urn, id         string
	inputs, outputs resource.PropertyMap
}

func urnOf(token, name string) string {
	return "urn:pulumi:dev::docx2pdf::" + token + "::" + name
}

// check returns the checked inputs and the failures as "property: reason".
func (e *engine) check(token string, olds, news resource.PropertyMap) (resource.PropertyMap, []string) {
	e.t.Helper()
	res, err := e.client.Check(e.t.Context(), &pulumirpc.CheckRequest{
		Urn: urnOf(token, "Thing"), Olds: e.marshal(olds), News: e.marshal(news), RandomSeed: []byte("seed"),
	})
	if err != nil {
		e.t.Fatal(err)
	}
	var failures []string
	for _, f := range res.Failures {
		failures = append(failures, f.Property+": "+f.Reason)
	}
	return e.unmarshal(res.Inputs), failures
}

// up checks and creates a resource.
func (e *engine) up(token string, inputs resource.PropertyMap) *deployed {
	e.t.Helper()
	d, err := e.tryUp(token, inputs)
	if err != nil {
		e.t.Fatalf("creating %s: %v", token, err)
	}
	return d
}

func (e *engine) tryUp(token string, inputs resource.PropertyMap) (*deployed, error) {
	e.t.Helper()
	checked, failures := e.check(token, nil, inputs)
	if failures != nil {
		e.t.Fatalf("checking %s: %v", token, failures)
	}
	d := &deployed{e: e, urn: urnOf(token, "Thing"), inputs: checked}
	res, err := e.client.Create(e.t.Context(), &pulumirpc.CreateRequest{Urn: d.urn, Properties: e.marshal(checked)})
	if err != nil {
		return nil, err
	}
	d.id, d.outputs = res.Id, e.unmarshal(res.Properties)
	return d, nil
}

func (d *deployed) token() string { return string(resource.URN(d.urn).Type()) }

// diff checks and compares new inputs.
func (d *deployed) diff(news resource.PropertyMap) *pulumirpc.DiffResponse {
	d.e.t.Helper()
	checked, failures := d.e.check(d.token(), d.inputs, news)
	if failures != nil {
		d.e.t.Fatalf("checking %s: %v", d.token(), failures)
	}
	res, err := d.e.client.Diff(d.e.t.Context(), &pulumirpc.DiffRequest{
		Id: d.id, Urn: d.urn, Olds: d.e.marshal(d.outputs), News: d.e.marshal(checked), OldInputs: d.e.marshal(d.inputs)})
	if err != nil {
		d.e.t.Fatal(err)
	}
	return res
}

// update checks new inputs and updates the resource.
func (d *deployed) update(news resource.PropertyMap) {
	d.e.t.Helper()
	checked, failures := d.e.check(d.token(), d.inputs, news)
	if failures != nil {
		d.e.t.Fatalf("checking %s: %v", d.token(), failures)
	}
	res, err := d.e.client.Update(d.e.t.Context(), &pulumirpc.UpdateRequest{
		Id: d.id, Urn: d.urn, Olds: d.e.marshal(d.outputs), News: d.e.marshal(checked), OldInputs: d.e.marshal(d.inputs)})
	if err != nil {
		d.e.t.Fatalf("updating %s: %v", d.token(), err)
	}
	d.inputs, d.outputs = checked, d.e.unmarshal(res.Properties)
}

// refresh reads the resource; false means that it is gone.
func (d *deployed) refresh() bool {
	d.e.t.Helper()
	res, err := d.e.client.Read(d.e.t.Context(), &pulumirpc.ReadRequest{
		Id: d.id, Urn: d.urn, Properties: d.e.marshal(d.outputs), Inputs: d.e.marshal(d.inputs)})
	if err != nil {
		d.e.t.Fatalf("reading %s: %v", d.token(), err)
	}
	if res.Id == "" {
		return false
	}
	d.id, d.outputs, d.inputs = res.Id, d.e.unmarshal(res.Properties), d.e.unmarshal(res.Inputs)
	return true
}

func (d *deployed) destroy() error {
	d.e.t.Helper()
	_, err := d.e.client.Delete(d.e.t.Context(), &pulumirpc.DeleteRequest{
		Id: d.id, Urn: d.urn, Properties: d.e.marshal(d.outputs), OldInputs: d.e.marshal(d.inputs)})
	return err
}

// text is an output as text, taken out of its secret.
func (d *deployed) text(name string) string {
	v := d.outputs[resource.PropertyKey(name)]
	if v.IsSecret() {
		v = v.SecretValue().Element
	}
	return fmt.Sprint(v.V)
}
