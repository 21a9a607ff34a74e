package cloud_test

import (
	"strings"
	"testing"
	"time"
)

const (
	keyRing    = "projects/" + project + "/locations/us-central1/keyRings/ring"
	cryptoKeys = "/cloudkms/v1/" + keyRing + "/cryptoKeys"
	useKey     = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
)

func cryptoKey(id string) string { return keyRing + "/cryptoKeys/" + id }

// cryptoKey makes a key that the agents of some services may use.
func (w *world) cryptoKey(id string, services ...string) string {
	w.t.Helper()
	const rings = "/cloudkms/v1/projects/" + project + "/locations/us-central1/keyRings"
	if w.call(w.owner, "GET", rings+"/ring", nil).status != 200 {
		w.call(w.owner, "POST", rings+"?keyRingId=ring", `{}`).want(200)
	}
	w.call(w.owner, "POST", cryptoKeys+"?cryptoKeyId="+id, `{"purpose":"ENCRYPT_DECRYPT"}`).want(200)
	for _, service := range services {
		w.grant(cryptoKeys+"/"+id, useKey, w.serviceAgent(service))
	}
	return cryptoKey(id)
}

// serviceAgent is a service's agent as a member.
func (w *world) serviceAgent(service string) string {
	w.t.Helper()
	if service == "storage" {
		return "serviceAccount:" + w.call(w.owner, "GET", "/storage/v1/projects/"+project+"/serviceAccount",
			nil).want(200).text("email_address")
	}
	operation := w.call(w.owner, "POST", "/serviceusage/v1beta1/projects/"+project+"/services/"+service+
		".googleapis.com:generateServiceIdentity", `{}`).want(200)
	return "serviceAccount:" + w.await("/serviceusage/v1beta1/"+operation.text("name")).text("response", "email")
}

// keyState enables or disables the first version of a key.
func (w *world) keyState(id, state string) {
	w.t.Helper()
	w.call(w.owner, "PATCH", cryptoKeys+"/"+id+"/cryptoKeyVersions/1?updateMask=state",
		map[string]any{"state": state}).want(200)
}

const notAuthorized = "Please ensure that your Cloud Storage service account has been authorized to use this key."

// Objects of a bucket with a key are written and read while Cloud Storage's agent may use the key, and name its
// version. Who writes needs no right to the key, and what is known of an object needs no key.
func TestABucketUnderAKey(t *testing.T) {
	w := start(t)
	key := w.cryptoKey("key")
	bucket := map[string]any{"name": "papers", "location": "us-central1",
		"encryption": map[string]any{"defaultKmsKeyName": key}}
	create := func() answer { return w.call(w.owner, "POST", "/storage/v1/b?project="+project, bucket) }
	create().want(403).saying(notAuthorized)
	agent := w.serviceAgent("storage")
	w.grant(cryptoKeys+"/key", useKey, agent)
	w.keyState("key", "DISABLED")
	create().want(400).saying("current state is: DISABLED")
	w.keyState("key", "ENABLED")
	create().want(200)
	writer := w.account("writer")
	w.grant(bucketPolicy("papers"), "roles/storage.objectUser", "serviceAccount:"+writer)
	token := w.token(writer)
	const upload, object = "/upload/storage/v1/b/papers/o?uploadType=media&name=", "/storage/v1/b/papers/o/"
	version := key + "/cryptoKeyVersions/1"
	if got := w.call(token, "POST", upload+"a", "text").want(200).text("kmsKeyName"); got != version {
		t.Errorf("the object names the key %s", got)
	}
	reads := func(name string, want int) answer {
		t.Helper()
		w.call(token, "GET", object+name, nil).want(200)
		return w.call(token, "GET", object+name+"?alt=media", nil).want(want)
	}
	reads("a", 200)

	w.keyState("key", "DISABLED")
	reads("a", 400).saying("DISABLED")
	w.call(token, "POST", upload+"b", "text").want(400).saying("DISABLED")
	w.call(token, "POST", object+"a/rewriteTo/b/papers/o/c", `{}`).want(400)
	w.keyState("key", "ENABLED")
	w.revoke(cryptoKeys+"/key", useKey, agent)
	reads("a", 403).saying(notAuthorized)
	w.call(token, "POST", upload+"b", "text").want(403).saying(notAuthorized)
	w.call(token, "GET", object+"b", nil).want(404)

	// After a rotation new objects have the new version, and the old ones need theirs.
	w.grant(cryptoKeys+"/key", useKey, agent)
	w.call(w.owner, "POST", cryptoKeys+"/key/cryptoKeyVersions", `{}`).want(200)
	w.call(w.owner, "POST", cryptoKeys+"/key:updatePrimaryVersion", `{"cryptoKeyVersionId":"2"}`).want(200)
	w.call(token, "POST", upload+"new", "text").want(200).saying("cryptoKeyVersions/2")
	w.keyState("key", "DISABLED")
	reads("a", 400)
	reads("new", 200)
}

// A topic with a key takes and delivers nothing while the key cannot be used, and loses nothing: what was there is
// delivered when it can.
func TestATopicUnderAKey(t *testing.T) {
	w := start(t)
	key := w.cryptoKey("key")
	topic := map[string]any{"kmsKeyName": key}
	w.call(w.owner, "PUT", pubsub+"/topics/news", topic).want(400).saying(
		"Please verify that the service account service-").saying("gcp-sa-pubsub.iam.gserviceaccount.com was granted the " +
		"Cloud KMS CryptoKey Encrypter/Decrypter role for the project containing the CryptoKey resource " + key + ".")
	w.grant(cryptoKeys+"/key", useKey, w.serviceAgent("pubsub"))
	if got := w.call(w.owner, "PUT", pubsub+"/topics/news", topic).want(200).text("kmsKeyName"); got != key {
		t.Errorf("the topic has the key %s", got)
	}
	const name = "projects/" + project + "/topics/news"
	e := newEndpoint(t, always(503))
	w.subscribe("push", name, map[string]any{"retryPolicy": map[string]any{"minimumBackoff": "0.01s",
		"maximumBackoff": "0.01s"}, "pushConfig": map[string]any{"pushEndpoint": e.URL}}).want(200)
	w.subscribe("pull", name, nil).want(200)
	w.publish(name, "one", nil)
	eventually(t, "the message is pushed", func() bool { return e.count() > 0 })

	w.keyState("key", "DISABLED")
	refused := func() int {
		return strings.Count(string(w.call("", "GET", "/requests", nil).want(200).body), "pubsub.topics (key)")
	}
	before := refused()
	eventually(t, "pushing asks for the key twice in vain", func() bool { return refused() > before+1 })
	pushed := e.count()
	w.call(w.owner, "POST", pubsub+"/topics/news:publish", `{"messages":[{"data":"dHdv"}]}`).want(400).saying(
		"FAILED_PRECONDITION")
	w.call(w.owner, "POST", pubsub+"/subscriptions/pull:pull", `{"maxMessages":10}`).want(400).saying("DISABLED")
	before = refused()
	eventually(t, "pushing asks for the key once more", func() bool { return refused() > before })
	if e.count() != pushed {
		t.Errorf("%d pushes while the key is disabled", e.count()-pushed)
	}
	w.keyState("key", "ENABLED")
	eventually(t, "the message is pushed again", func() bool { return e.count() > pushed })
	w.pull("pull").saying("b25l")
}

// What Cloud Storage publishes on a topic whose key cannot be used is not lost.
func TestANotificationWaitsForTheKey(t *testing.T) {
	w := start(t)
	w.cryptoKey("key", "pubsub")
	w.call(w.owner, "PUT", pubsub+"/topics/news", map[string]any{"kmsKeyName": cryptoKey("key")}).want(200)
	const name = "projects/" + project + "/topics/news"
	w.subscribe("pull", name, nil).want(200)
	w.bucket("papers")
	w.grant(pubsub+"/topics/news", "roles/pubsub.publisher", w.serviceAgent("storage"))
	w.call(w.owner, "POST", "/storage/v1/b/papers/notificationConfigs", map[string]any{"topic": name,
		"payload_format": "NONE"}).want(200)
	w.keyState("key", "DISABLED")
	w.upload("papers", "a", []byte("text")).want(200)
	w.call(w.owner, "POST", pubsub+"/subscriptions/pull:pull", `{"maxMessages":10}`).want(400)
	w.keyState("key", "ENABLED")
	w.pull("pull").saying(`"objectId":"a"`)
}

// A repository with a key is made, pushed to and pulled from while Artifact Registry's agent may use it, and a service
// with a key gets instances while Cloud Run's may.
func TestAnImageAndAServiceUnderAKey(t *testing.T) {
	w := start(t, idle(50*time.Millisecond))
	key := w.cryptoKey("key")
	const repositories = "/artifactregistry/v1" + location + "/repositories"
	underKey := map[string]any{"format": "DOCKER", "kmsKeyName": key}
	create := func(id string) answer {
		t.Helper()
		operation := w.call(w.owner, "POST", repositories+"?repository_id="+id, underKey).want(200)
		return w.await("/artifactregistry/v1/" + operation.text("name"))
	}
	create("sealed").saying("Please ensure your Artifact Registry service account has been authorized to use the " +
		"configured key.").saying(`"code":7`)
	w.call(w.owner, "GET", repositories+"/sealed", nil).want(404)
	w.grant(cryptoKeys+"/key", useKey, w.serviceAgent("artifactregistry"))
	create("sealed").saying(`"kmsKeyName":"` + key + `"`)
	const manifests = "/v2/us-central1-docker.pkg.dev/" + project + "/sealed/app/tags/list"
	w.call(w.owner, "GET", manifests, nil).want(404) // there is no image
	w.keyState("key", "DISABLED")
	w.call(w.owner, "GET", manifests, nil).want(400).saying("DISABLED")
	w.keyState("key", "ENABLED")

	image := w.image()
	w.account("runtime")
	service := container(image, func(template, _ map[string]any) { template["encryptionKey"] = key })
	failed := w.deploy("app", service)
	failed.saying("is not ready and cannot serve traffic").saying("serverless-robot-prod.iam.gserviceaccount.com")
	w.grant(cryptoKeys+"/key", useKey, w.serviceAgent("run"))
	done := w.deploy("app", service)
	if got := done.text("response", "template", "encryptionKey"); got != key {
		t.Errorf("the service has the key %s", got)
	}
	url := done.text("response", "uri")
	caller := w.account("caller")
	w.grant("/run/v2"+location+"/services/app", "roles/run.invoker", "serviceAccount:"+caller)
	token := w.idToken(caller, url)
	w.call(token, "GET", url, nil).want(200)
	w.gcloud("GET", namespace+"/services/app", nil).want(200).saying(
		`"run.googleapis.com/encryption-key":"` + key + `"`)

	w.keyState("key", "DISABLED")
	eventually(t, "no instance is left", func() bool {
		revisions, _ := w.call("", "GET", "/console/state", nil).want(200).at("services", 0, "revisions").([]any)
		return dig(revisions[len(revisions)-1], "instances") == 0.0
	})
	w.call(token, "GET", url, nil).want(503)
	if log := w.logged("severity>=ERROR"); !strings.Contains(log, "An instance was not started.") ||
		!strings.Contains(log, "DISABLED") {
		t.Errorf("the log does not say why: %s", log)
	}
	w.restart() // with the key disabled, the cloud comes up all the same
	w.call(token, "GET", url, nil).want(503)
	w.keyState("key", "ENABLED")
	eventually(t, "the service answers", func() bool { return w.call(token, "GET", url, nil).status == 200 })
}
