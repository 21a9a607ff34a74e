package storage

import (
	"fmt"
	"strings"

	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/machinery/rest"
)

// API is storage.googleapis.com: JSON, upload and download paths, and the XML API's reads at the root.
func (s *Service) API() *rest.API {
	api := &rest.API{Name: "storage.googleapis.com", Title: "Cloud Storage JSON API", Server: "UploadServer",
		Default: true, Open: true, ReasonedErrors: true, Denied: denied}
	const (
		buckets = "/storage/v1/b"
		one     = buckets + "/{bucket}"
		objects = one + "/o"
		object  = objects + "/{+object}"
	)
	onBucket := func(id, method, path, permission string, handle func(*rest.Request) (any, error)) {
		api.Routes = append(api.Routes, rest.Route{ID: "storage." + id, Method: method, Path: path, Permission: permission,
			On: s.onBucket, Handle: handle})
	}
	onObjects := func(id, method, path, permission string, handle func(*rest.Request) (any, error), also ...rest.Need) {
		api.Routes = append(api.Routes, rest.Route{ID: "storage." + id, Method: method, Path: path, Permission: permission,
			On: s.onObjects, Also: also, Handle: handle})
	}
	onProject := func(r *rest.Request) (policy.Resource, error) {
		projectID, ok := s.projects.ID(r.URL.Query().Get("project"))
		if !ok {
			return policy.Resource{}, invalid("Required parameter: project")
		}
		r.SetVar("project", projectID)
		return policy.Project(projectID), nil
	}
	api.Routes = append(api.Routes,
		rest.Route{ID: "storage.buckets.insert", Method: "POST", Path: buckets, Permission: "storage.buckets.create",
			On: onProject, Handle: s.createBucket},
		rest.Route{ID: "storage.buckets.list", Method: "GET", Path: buckets, Permission: "storage.buckets.list",
			On: onProject, Handle: s.listBuckets},
		rest.Route{ID: "storage.projects.serviceAccount.get", Method: "GET",
			Path:       "/storage/v1/projects/{project}/serviceAccount",
			Permission: "resourcemanager.projects.get", On: rest.OnProject, Handle: s.projectServiceAccount})

	onBucket("buckets.get", "GET", one, "storage.buckets.get", s.getBucket)
	onBucket("buckets.patch", "PATCH", one, "storage.buckets.update", s.patchBucket)
	onBucket("buckets.delete", "DELETE", one, "storage.buckets.delete", s.deleteBucket)
	onBucket("buckets.getIamPolicy", "GET", one+"/iam", "storage.buckets.getIamPolicy", s.getPolicy)
	onBucket("buckets.setIamPolicy", "PUT", one+"/iam", "storage.buckets.setIamPolicy", s.setPolicy)
	onObjects("buckets.getStorageLayout", "GET", one+"/storageLayout", "storage.objects.list", s.storageLayout)
	onObjects("managedFolders.list", "GET", one+"/managedFolders", "storage.managedFolders.list", s.managedFolders)
	onBucket("notifications.insert", "POST", one+"/notificationConfigs", "storage.buckets.update", s.createNotification)
	onBucket("notifications.list", "GET", one+"/notificationConfigs", "storage.buckets.get", s.listNotifications)
	onBucket("notifications.get", "GET", one+"/notificationConfigs/{notification}", "storage.buckets.get",
		s.getNotification)
	onBucket("notifications.delete", "DELETE", one+"/notificationConfigs/{notification}", "storage.buckets.update",
		s.deleteNotification)

	onObjects("objects.list", "GET", objects, "storage.objects.list", s.list)
	onObjects("objects.get", "GET", object, "storage.objects.get", s.getObject)
	onObjects("objects.patch", "PATCH", object, "storage.objects.update", s.patchObject)
	onObjects("objects.update", "PUT", object, "storage.objects.update", s.updateObject)
	onObjects("objects.delete", "DELETE", object, "storage.objects.delete", s.deleteObject)
	replaces := rest.Need{Permission: "storage.objects.delete", Of: "an object that is replaced"}
	sources := rest.Need{Permission: "storage.objects.get", Of: "the sources", On: rest.One(s.onObjects)}
	target := rest.Need{Permission: "storage.objects.create", Of: "the target bucket", On: rest.One(s.onTarget)}
	onObjects("objects.compose", "POST", object+"/compose", "storage.objects.create", s.compose, sources, replaces)
	onObjects("objects.rewrite", "POST", object+"/rewriteTo/b/{targetBucket}/o/{+targetObject}",
		"storage.objects.get", s.rewriteTo, target, replaces)
	onObjects("objects.insert", "POST", "/upload"+objects, "storage.objects.create", s.insert, replaces)
	onObjects("objects.insert", "POST", "/resumable/upload"+objects, "storage.objects.create", s.insert,
		replaces) // gcloud's path
	onObjects("objects.get (download)", "GET", "/download"+object, "storage.objects.get", s.download)

	const session = "the upload's id is its credential"
	xml := func(id, method string) rest.Route {
		return rest.Route{ID: "XML API: " + id, Method: method, Path: "/{bucket}/{object...}",
			Permission: "storage.objects.get", On: s.onObjects, Handle: s.xmlGet, Refuse: s.xmlRefuse}
	}
	api.Routes = append(api.Routes,
		rest.Route{ID: "storage.buckets.testIamPermissions", Method: "GET", Path: one + "/iam/testPermissions",
			Anyone: rest.AnswersTheCaller, Handle: s.testPermissions},
		rest.Route{ID: "storage.objects.insert (resumable)", Method: "PUT", Path: "/upload" + objects, Public: session,
			Also: []rest.Need{replaces}, Handle: s.continueResumable},
		rest.Route{ID: "storage.objects.insert (cancel)", Method: "DELETE", Path: "/upload" + objects, Public: session,
			Handle: s.cancelResumable},
		xml("get object", "GET"), xml("head object", "HEAD"))
	return api
}

// denied words refusals as Cloud Storage does.
func denied(p policy.Principal, permission string, r policy.Resource) string {
	kind := "bucket"
	switch {
	case strings.HasPrefix(r.Name, "projects/"):
		kind = "project"
	case strings.HasPrefix(permission, "storage.objects.") && permission != "storage.objects.list":
		kind = "object"
	}
	access := "Google Cloud Storage " + kind
	if kind == "project" {
		access = "Google Cloud project"
	}
	return fmt.Sprintf("%s does not have %s access to the %s. Permission '%s' denied on resource (or it may not exist).",
		p, permission, access, permission)
}
