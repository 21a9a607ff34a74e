package run

import (
	"fmt"
	"strings"

	v1 "google.golang.org/api/run/v1"
	runapi "google.golang.org/api/run/v2"

	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/machinery/rest"
)

// Whoever deploys an image must be able to read it, as well as Cloud Run's agent, since 15 January 2025.
// https://cloud.google.com/artifact-registry/docs/integrate-cloud-run#permissions

const readImage = "artifactregistry.repositories.downloadArtifacts"

// readsImages is the need of a call whose service runs the images that images finds.
func readsImages(images func(*rest.Request) ([]string, error)) rest.Need {
	return rest.Need{Permission: readImage, Of: "each image", On: func(r *rest.Request) ([]policy.Resource, error) {
		found, err := images(r)
		if err != nil {
			return nil, err
		}
		var repositories []policy.Resource
		for _, image := range found {
			parts := strings.Split(image, "/")
			location, registry := strings.CutSuffix(parts[0], "-docker.pkg.dev")
			if registry && len(parts) > 3 {
				repositories = append(repositories,
					policy.In("projects/"+parts[1]+"/locations/"+location+"/repositories/"+parts[2]))
			}
		}
		return repositories, nil
	}}
}

// imagesOf are the images of a service of v2 in the body.
func imagesOf(r *rest.Request) ([]string, error) {
	var body runapi.GoogleCloudRunV2Service
	if err := r.Peek(&body); err != nil || body.Template == nil || r.URL.Query().Get("updateMask") == "traffic" {
		return nil, err
	}
	var images []string
	for _, container := range body.Template.Containers {
		if container != nil {
			images = append(images, container.Image)
		}
	}
	return images, nil
}

// imagesOfV1 are the images of a service of v1 in the body.
func imagesOfV1(r *rest.Request) ([]string, error) {
	var body v1.Service
	if err := r.Peek(&body); err != nil || body.Spec == nil || body.Spec.Template == nil ||
		body.Spec.Template.Spec == nil {
		return nil, err
	}
	var images []string
	for _, container := range body.Spec.Template.Spec.Containers {
		if container != nil {
			images = append(images, container.Image)
		}
	}
	return images, nil
}

// unreadable is what Cloud Run says to whoever may not read an image.
// https://blog.g-gen.co.jp/entry/permission-downloadartifacts-denied-403
func unreadable(repository string) string {
	return fmt.Sprintf("User must have permission to read the image. Ensure that the provided container image URL is "+
		"correct and that the above account has permission to access the image. If you just enabled the Cloud Run API, "+
		"the permissions might take a few minutes to propagate. Cause: 403 Forbidden: Permission %q denied on resource %q "+
		"(or it may not exist)", readImage, repository)
}
