package cloud_test

import (
	"strings"
	"testing"
)

// TestARollbackHolds: after traffic was given to a revision, an update that names none leaves it there, until somebody
// sends it to the latest again.
func TestARollbackHolds(t *testing.T) {
	w := start(t)
	url, token := w.service(nil)
	app := "/run/v2" + location + "/services/app"
	first := w.call(w.owner, "GET", app, nil)
	image := first.text("template", "containers", 0, "image")
	version := func(v string) map[string]any {
		return container(image, func(_, c map[string]any) { c["env"] = []any{map[string]any{"name": "VERSION", "value": v}} })
	}
	w.deploy("app", version("2"))
	pin := map[string]any{"traffic": []any{map[string]any{"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION",
		"revision": first.text("latestReadyRevision"), "percent": 100}}}
	w.await("/run/v2/" + w.call(w.owner, "PATCH", app+"?updateMask=traffic", pin).want(200).text("name"))
	if done := w.deploy("app", version("3")); done.at("error") != nil {
		t.Fatalf("deployment: %s", done.body)
	}
	if got := environment(t, w.call(token, "GET", url+"/", nil).want(200))["VERSION"]; got != "" {
		t.Errorf("after the rollback the service answers as version %q, want the first", got)
	}
	unpin := map[string]any{"traffic": []any{map[string]any{"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST",
		"percent": 100}}}
	w.await("/run/v2/" + w.call(w.owner, "PATCH", app+"?updateMask=traffic", unpin).want(200).text("name"))
	if got := environment(t, w.call(token, "GET", url+"/", nil).want(200))["VERSION"]; got != "3" {
		t.Errorf("with its traffic on the latest revision the service answers as version %q", got)
	}
	w.call(w.owner, "PATCH", app+"?updateMask=template", version("4")).want(501)
}

func TestFailedDeploymentLeavesTheOldRevisionServing(t *testing.T) {
	w := start(t)
	url, token := w.service(nil)
	service := "/run/v2" + location + "/services/app"
	image := w.call(w.owner, "GET", service, nil).text("template", "containers", 0, "image")
	good := w.call(w.owner, "GET", service, nil).text("latestReadyRevision")

	failed := w.deploy("app", container(image, func(_,
		c map[string]any) {
		c["env"] = []any{map[string]any{"name": "FAIL_TO_START", "value": "1"}}
	}))
	failed.saying("failed to start and listen on the port").saying("exit status 7")
	state := w.call(w.owner, "GET", service, nil).want(200)
	if state.text("latestReadyRevision") != good || state.text("latestCreatedRevision") == good ||
		state.text("terminalCondition", "state") != "CONDITION_FAILED" {
		t.Errorf("service after a failed deployment: %s", state.body)
	}
	w.call(token, "GET", url+"/", nil).want(200)
	w.deploy("app", container(imageName+"@sha256:"+strings.Repeat("0", 64), nil)).saying("not found")
	w.call(token, "GET", url+"/", nil).want(200)
	if done := w.deploy("app", container(image, nil)); done.at("error") != nil {
		t.Errorf("mending the service: %s", done.body)
	}
}

// size gives a container CPUs and memory.
func size(cpu, memory string) func(_, c map[string]any) {
	return func(_, c map[string]any) {
		c["resources"] = map[string]any{"limits": map[string]any{"cpu": cpu, "memory": memory}}
	}
}

// TestQuotaIsNamedWithWhatFits: the refusal has Google's words.
func TestQuotaIsNamedWithWhatFits(t *testing.T) {
	w := start(t)
	w.account("runtime")
	w.call(w.owner, "POST", "/run/v2"+location+"/services?serviceId=app",
		container(imageName+":v1", func(template, c map[string]any) {
			size("4", "4Gi")(template, c)
			template["scaling"] = map[string]any{"maxInstanceCount": 11}
		})).want(400).saying("Max instances must be set to 5 or fewer to set the requested total CPU").
		saying("CpuAllocPerProjectRegion requested: 44000 allowed: 20000").
		saying("MemAllocPerProjectRegion requested: 47244640256 allowed: 42949672960")
}

func TestDeploymentsThatAreRefused(t *testing.T) {
	w := start(t)
	w.account("runtime")
	create := func(change func(template, c map[string]any)) answer {
		return w.call(w.owner, "POST", "/run/v2"+location+"/services?serviceId=app", container(imageName+":v1", change))
	}
	for name, test := range map[string]struct {
		change func(template, c map[string]any)
		status int
	}{
		"PORT in env": {func(_, c map[string]any) { c["env"] = []any{map[string]any{"name": "PORT", "value": "1"}} },
			400},
		"no image": {func(_, c map[string]any) { delete(c, "image") }, 400},
		"tiny memory": {func(_,
			c map[string]any) {
			c["resources"] = map[string]any{"limits": map[string]any{"memory": "1Mi"}}
		}, 400},
		"three CPUs":       {size("3", "2Gi"), 400},
		"much for a CPU":   {size("1", "5Gi"), 400},
		"little for four":  {size("4", "1Gi"), 400},
		"much for two":     {size("2", "9Gi"), 400},
		"much for four":    {size("4", "17Gi"), 400},
		"little for eight": {size("8", "3Gi"), 400},
		"little for a second generation": {func(template, c map[string]any) {
			size("1", "256Mi")(template, c)
			template["executionEnvironment"] = "EXECUTION_ENVIRONMENT_GEN2"
		}, 400},
		"more CPUs than the quota": {func(template, c map[string]any) {
			size("2", "1Gi")(template, c)
			template["scaling"] = map[string]any{"maxInstanceCount": 11}
		}, 400},
		"more memory than the quota": {func(template, c map[string]any) {
			size("1", "4Gi")(template, c)
			template["scaling"] = map[string]any{"maxInstanceCount": 11}
		}, 400},
		"half a CPU": {func(_,
			c map[string]any) {
			c["resources"] = map[string]any{"limits": map[string]any{"cpu": "500m"}}
		}, 400},
		"two-hour timeout": {func(template, _ map[string]any) { template["timeout"] = "7200s" }, 400},
		"min above max": {func(template, _ map[string]any) {
			template["scaling"] = map[string]any{"minInstanceCount": 5, "maxInstanceCount": 2}
		}, 400},
		"volumes": {func(template, _ map[string]any) { template["volumes"] = []any{map[string]any{"name": "v"}} },
			501},
		"a VPC": {func(template, _ map[string]any) { template["vpcAccess"] = map[string]any{"connector": "c"} },
			501},
		"another network": {func(template, _ map[string]any) {
			template["vpcAccess"] = map[string]any{"networkInterfaces": []any{map[string]any{"network": "letters"}}}
		}, 501},
		"unknown account": {func(template, _ map[string]any) { template["serviceAccount"] = "x@example.com" }, 403},
		"unknown field":   {func(template, _ map[string]any) { template["colour"] = "blue" }, 400},
	} {
		if a := create(test.change); a.status != test.status {
			t.Errorf("%s: %d %s, want %d", name, a.status, a.body, test.status)
		}
	}
	w.call(w.owner, "POST", "/run/v2"+location+"/services?serviceId=No!", container("x", nil)).want(400)
	w.call(w.owner, "GET", "/run/v2"+location+"/services/none", nil).want(404)

	deployer := w.account("deployer")
	w.grant(projectPolicy, "roles/run.developer", "serviceAccount:"+deployer)
	token := w.token(deployer)
	path := "/run/v2" + location + "/services?serviceId=app"
	w.call(token, "POST", path, container(imageName+":v1", nil)).want(403).saying("iam.serviceaccounts.actAs")
	w.grant("/iam/v1/projects/"+project+"/serviceAccounts/"+runtimeSA, "roles/iam.serviceAccountUser",
		"serviceAccount:"+deployer)
	w.call(token, "POST", path, container(imageName+":v1", nil)).want(403).
		saying("User must have permission to read the image")
	w.grant(projectPolicy, "roles/artifactregistry.reader", "serviceAccount:"+deployer)
	w.call(token, "POST", path, container(imageName+":v1", nil)).want(200).saying("AUTOMATIC")
}
