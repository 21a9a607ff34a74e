package cloud_test

// refusalWorld makes what the calls are about, and returns them by service and resource.
func refusalWorld(w *world) map[string]refusalCall {
	const (
		subscription = pubsub + "/subscriptions/{name}"
		topic        = pubsub + "/topics/{name}"
		events       = `"topic":"projects/` + project + `/topics/events"`
	)
	w.topic("events")
	w.call(w.owner, "PUT", pubsub+"/subscriptions/all", "{"+events+"}").want(200)
	w.bucket("papers")
	agent := w.call(w.owner, "GET", "/storage/v1/projects/"+project+"/serviceAccount", nil).text("email_address")
	w.grant(pubsub+"/topics/events", "roles/pubsub.publisher", "serviceAccount:"+agent)
	notification := refusalCall{method: "POST", path: "/storage/v1/b/papers/notificationConfigs",
		body: `{` + events + `,"payload_format":"NONE"}`, incomplete: true}
	for range 10 {
		w.call(w.owner, notification.method, notification.path, notification.body).want(200)
	}
	const (
		accounts = "/iam/v1/projects/" + project + "/serviceAccounts"
		pools    = "/iam/v1/projects/" + project + "/locations/global/workloadIdentityPools"
		services = "/run/v2/projects/" + project + "/locations/{location}/services?serviceId={serviceId}"
		builds   = `{"steps":[{"name":"gcr.io/cloud-builders/docker","args":["build"]}],
			"source":{"storageSource":{"bucket":"papers","object":"source.zip"}}}`
		apis = "/serviceusage/v1/projects/" + project + "/services"
	)
	w.call(w.owner, "POST", apis+"/compute.googleapis.com:enable", `{}`).want(200) // makes the default account
	runner := w.account("runner")
	w.mayMakeTokens(runner)
	key := ""
	for range 10 {
		key = w.call(w.owner, "POST", accounts+"/"+runner+"/keys", `{}`).want(200).text("name")
	}
	w.call(w.owner, "POST", pools+"?workloadIdentityPoolId=ci-pool", `{}`).want(200)
	for _, id := range []string{"key", "disabled", "spare"} {
		w.cryptoKey(id, "pubsub", "storage")
	}
	w.keyState("disabled", "DISABLED")
	w.call(w.owner, "POST", cryptoKeys+"/spare/cryptoKeyVersions", `{}`).want(200)
	w.call(w.owner, "POST", cryptoKeys+"/spare/cryptoKeyVersions/2:destroy", `{}`).want(200)
	const rings = "/cloudkms/v1/projects/" + project + "/locations/{location}/keyRings"
	service := `{"template":{"serviceAccount":"` + runner + `","containers":[{"image":"papers",
		"resources":{"cpuIdle":true}}]},"traffic":[{"type":"TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST","percent":100}]}`
	region := map[string]string{"location": "us-central1", "serviceId": "probe", "repositoryId": "probe"}
	name, all := map[string]string{"name": "probe"}, map[string]string{"name": "all"}
	return map[string]refusalCall{
		"pubsub topics": {method: "PUT", path: topic, body: `{}`, names: name},
		"pubsub topics.patch": {method: "PATCH", path: topic + "?updateMask={updateMask}", body: `{"topic":{}}`,
			names: map[string]string{"name": "events", "updateMask": ""}, incomplete: true},
		"pubsub topics.publish": {method: "POST", path: pubsub + "/topics/events:publish",
			body: `{"messages":[{"data":"eA=="}]}`},
		"pubsub subscriptions": {method: "PUT", path: subscription, body: `{` + events + `}`, names: name},
		"pubsub subscriptions.patch": {method: "PATCH", path: subscription + "?updateMask={updateMask}",
			body: `{"subscription":{}}`, names: map[string]string{"name": "all", "updateMask": ""}, incomplete: true},
		"pubsub subscriptions.pull": {method: "POST", path: subscription + ":pull", body: `{}`, names: all,
			incomplete: true},
		"pubsub subscriptions.acknowledge": {method: "POST", path: subscription + ":acknowledge", body: `{}`, names: all,
			incomplete: true},
		"pubsub subscriptions.modifyAckDeadline": {method: "POST", path: subscription + ":modifyAckDeadline",
			body: `{"ackIds":["x"]}`, names: all},
		"storage buckets": {method: "POST", path: "/storage/v1/b?project=" + project, body: `{"name":"probe-bucket",
			"lifecycle":{"rule":[{"action":{"type":"Delete"},"condition":{"age":1}}]}}`},
		"storage notifications": notification,
		"storage objects": {method: "POST", path: "/upload/storage/v1/b/papers/o?uploadType=media&name={name}",
			body: `{}`, names: name},
		"storage objects.compose": {method: "POST", path: "/storage/v1/b/papers/o/all/compose", body: `{}`,
			incomplete: true},
		"policy policies": {method: "POST", path: pubsub + "/topics/events:setIamPolicy",
			body: `{"policy":{"bindings":[{"role":"roles/pubsub.viewer","members":["user:a@example.com"]}]}}`},
		"run locations": {method: "POST", path: services, body: service, names: region, incomplete: true},
		"run services":  {method: "POST", path: services, body: service, names: region},
		"iam accounts":  {method: "POST", path: accounts, body: `{"accountId":"probe-account"}`},
		"iam accounts.patch": {method: "PATCH", path: accounts + "/" + runner,
			body: `{"serviceAccount":{"displayName":"x"},"updateMask":"displayName"}`},
		"iam keys": {method: "POST", path: accounts + "/" + runner + "/keys", body: `{}`, incomplete: true},
		"iam keys.get": {method: "GET", path: "/iam/v1/" + key + "?publicKeyType={publicKeyType}", body: `{}`,
			names: map[string]string{"publicKeyType": "TYPE_NONE"}},
		"iam pools": {method: "POST", path: pools + "?workloadIdentityPoolId={workloadIdentityPoolId}", body: `{}`,
			names: map[string]string{"workloadIdentityPoolId": "probe-pool"}},
		"iam providers": {method: "POST",
			path: pools + "/ci-pool/providers?workloadIdentityPoolProviderId={workloadIdentityPoolProviderId}",
			body: `{"oidc":{"issuerUri":"https://ci.example.com"}}`, incomplete: true,
			names: map[string]string{"workloadIdentityPoolProviderId": "probe"}},
		"iam tokens": {method: "POST", body: `{"scope":["x"]}`,
			path: "/iamcredentials/v1/projects/-/serviceAccounts/" + runner + ":generateAccessToken"},
		"iam idTokens": {method: "POST", body: `{"audience":"x"}`,
			path: "/iamcredentials/v1/projects/-/serviceAccounts/" + runner + ":generateIdToken"},
		"registry repositories": {method: "POST", body: `{"format":"DOCKER"}`, names: region,
			path: "/artifactregistry/v1/projects/" + project + "/locations/{location}/repositories?repositoryId={repositoryId}"},
		"billing budgets": {method: "POST", path: budgets, body: `{"amount":{"specifiedAmount":{"units":"5"}}}`},
		"build locations": {method: "POST", path: "/cloudbuild/v1/projects/" + project + "/locations/{location}/builds",
			body: builds, names: region, incomplete: true},
		"build builds": {method: "POST", path: "/cloudbuild/v1/projects/" + project + "/builds", body: builds,
			incomplete: true},
		"monitoring dashboards": {method: "POST", path: "/monitoring/v1/projects/" + project + "/dashboards",
			body: `{"displayName":"x","gridLayout":{}}`},
		"monitoring alertPolicies": {method: "POST", path: "/monitoring/v3/projects/" + project + "/alertPolicies",
			body: `{"combiner":"OR","conditions":[{"conditionThreshold":{"filter":"x"}}]}`},
		"monitoring notificationChannels": {method: "POST",
			path: "/monitoring/v3/projects/" + project + "/notificationChannels",
			body: `{"type":"email","labels":{"email_address":"a@example.com"}}`},
		"project projects": {method: "POST", path: "/cloudresourcemanager/v1/projects",
			body: `{"projectId":"probe-project"}`},
		"storage buckets.key": {method: "POST", body: `{}`, names: map[string]string{"kmsKeyName": cryptoKey("key")},
			path: "/upload/storage/v1/b/papers/o?uploadType=media&name=under-key&kmsKeyName={kmsKeyName}"},
		"kms keyRings": {method: "POST", path: rings + "?keyRingId={keyRingId}", body: `{}`,
			names: map[string]string{"location": "us-central1", "keyRingId": "probe"}},
		"kms cryptoKeys": {method: "POST", path: cryptoKeys + "?cryptoKeyId={cryptoKeyId}",
			body: `{"purpose":"ENCRYPT_DECRYPT"}`, names: map[string]string{"cryptoKeyId": "probe"}},
		"kms cryptoKeys.patch": {method: "PATCH", path: cryptoKeys + "/spare?updateMask={updateMask}", body: `{}`,
			names: map[string]string{"updateMask": "labels"}},
		"kms cryptoKeys.updatePrimaryVersion": {method: "POST", path: cryptoKeys + "/spare:updatePrimaryVersion",
			body: `{"cryptoKeyVersionId":"1"}`},
		"kms cryptoKeyVersions": {method: "PATCH", body: `{"state":"ENABLED"}`,
			path: cryptoKeys + "/spare/cryptoKeyVersions/1?updateMask=state"},
		"kms cryptoKeyVersions.patch": {method: "PATCH", body: `{"state":"ENABLED"}`,
			path:  cryptoKeys + "/spare/cryptoKeyVersions/1?updateMask={updateMask}",
			names: map[string]string{"updateMask": "state"}},
		"kms cryptoKeyVersions.destroyed": {method: "PATCH", body: `{"state":"ENABLED"}`, incomplete: true,
			path: cryptoKeys + "/spare/cryptoKeyVersions/2?updateMask=state"},
		"serviceusage services": {method: "POST", path: apis + "/{name}:enable", body: `{}`,
			names: map[string]string{"name": "run.googleapis.com"}},
		"serviceusage services.batchEnable": {method: "POST", path: apis + ":batchEnable",
			body: `{"serviceIds":["run.googleapis.com"]}`},
		"serviceusage services.disable": {method: "POST", path: apis + "/{name}:disable", body: `{}`,
			names: map[string]string{"name": "logging.googleapis.com"}, incomplete: true},
	}
}
