package provider_test

import (
	"fmt"
	"sync"
	"testing"
)

// TestGrantsAtOnce adds many members to one policy at the same time, from two
// engines, with somebody else changing the policy too.
func TestGrantsAtOnce(t *testing.T) {
	cloud := newStandIn(t)
	cloud.refuse = failFirst(3, "PUT /storage/v1/b/b1/iam",
		refuseWith(409, "There were concurrent policy changes.", "aborted"))
	engines := []*engine{attach(t, cloud.URL, stack), attach(t, cloud.URL, stack)}
	var group sync.WaitGroup
	grants := make([]*deployed, 12)
	for i := range grants {
		group.Go(func() {
			inputs := member(map[string]any{"bucket": "b1"})
			inputs["member"] = fmt.Sprintf("user:u%d@example.com", i)
			grants[i], _ = engines[i%2].tryUp("gcp:storage/bucketIAMMember:BucketIAMMember", props(inputs))
		})
	}
	group.Wait()
	policy := cloud.objects["policy of storage/v1/b/b1"]
	members := policy["bindings"].([]any)[0].(map[string]any)["members"].([]any)
	if len(policy["bindings"].([]any)) != 1 || len(members) != len(grants) {
		t.Errorf("policy = %v, want one binding of %d members", policy, len(grants))
	}
	for _, grant := range grants {
		if grant == nil {
			t.Fatal("a grant failed")
		}
		if err := grant.destroy(); err != nil {
			t.Error(err)
		}
	}
	if left := cloud.objects["policy of storage/v1/b/b1"]["bindings"].([]any); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
}

func TestGrantsKeepOthers(t *testing.T) {
	cloud := newStandIn(t)
	condition := map[string]any{"title": "soon", "expression": "request.time < timestamp('2030-01-01T00:00:00Z')"}
	cloud.objects["policy of storage/v1/b/b1"] = map[string]any{"etag": "E1", "bindings": []any{
		map[string]any{"role": "roles/viewer", "members": []any{"user:other@example.com"}},
		map[string]any{"role": "roles/owner", "members": []any{"user:boss@example.com"}},
	}}
	e := attach(t, cloud.URL, stack)
	plain := e.up("gcp:storage/bucketIAMMember:BucketIAMMember", props(member(map[string]any{"bucket": "b1"})))
	conditional := e.up("gcp:storage/bucketIAMMember:BucketIAMMember",
		props(member(map[string]any{"bucket": "b1", "condition": condition})))
	if plain.id == conditional.id {
		t.Errorf("the conditional grant has the id of the other: %s", plain.id)
	}
	if n := len(cloud.objects["policy of storage/v1/b/b1"]["bindings"].([]any)); n != 3 {
		t.Errorf("%d bindings, want 3", n)
	}
	if !conditional.refresh() || !plain.refresh() {
		t.Error("refresh does not find a grant")
	}
	if plain.destroy() != nil || conditional.destroy() != nil {
		t.Error("cannot delete a grant")
	}
	left := fmt.Sprint(cloud.objects["policy of storage/v1/b/b1"]["bindings"])
	if left != "[map[members:[user:other@example.com] role:roles/viewer] map[members:[user:boss@example.com] "+
		"role:roles/owner]]" {
		t.Errorf("left over: %s", left)
	}
}
