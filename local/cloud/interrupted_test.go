package cloud_test

import (
	"encoding/json"
	"strings"
	"testing"

	"docx2pdf/local/machinery/store"
)

// A deployment that a kill cut off has failed after the next start, as its operation has, and can be made again.
func TestADeploymentThatAKillCutOff(t *testing.T) {
	w := start(t)
	_, token := w.service(nil)
	w.stop()
	db, err := store.Open(w.options.Dir)
	if err != nil {
		t.Fatal(err)
	}
	// As it is stored while a deployment is under way.
	service := strings.TrimPrefix(location, "/") + "/services/app"
	_, err = store.In[map[string]any](db, "run/services").Update(service, func(record *map[string]any, exists bool) error {
		if !exists {
			t.Fatalf("there is no %s", service)
		}
		fields := (*record)["service"].(map[string]any)
		fields["reconciling"], fields["terminalCondition"] = true, map[string]any{"state": "CONDITION_PENDING"}
		return nil
	})
	if err == nil {
		err = db.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	w.up(w.address)
	path := "/run/v2" + location + "/services/app"
	cut := w.call(w.owner, "GET", path, nil).want(200)
	if cut.at("reconciling") != nil || cut.text("terminalCondition", "state") != "CONDITION_FAILED" {
		t.Errorf("after the start: %s", cut.body)
	}
	cut.saying("Deploy it again")
	url := cut.text("uri")
	w.call(token, "GET", url+"/", nil).want(200)
	var body map[string]any
	if err := json.Unmarshal(cut.body, &body); err != nil {
		t.Fatal(err)
	}
	again := w.await("/run/v2/" + w.call(w.owner, "PATCH", path, body).want(200).text("name"))
	if again.text("response", "terminalCondition", "state") != "CONDITION_SUCCEEDED" {
		t.Errorf("deployed again: %s", again.body)
	}
}
