package run

import (
	runapi "google.golang.org/api/run/v2"

	"docx2pdf/local/machinery/rest"
	"docx2pdf/local/machinery/status"
)

func (s *Service) getRevision(r *rest.Request) (any, error) {
	revision, ok := s.revisions.Get(nameOf(r) + "/revisions/" + r.Var("revision"))
	if !ok {
		return nil, status.Errorf(status.NotFound, "Resource '%s' of kind 'REVISION' in region does not exist.",
			r.Var("revision"))
	}
	return revision, nil
}

func (s *Service) listRevisions(r *rest.Request) (any, error) {
	var answer runapi.GoogleCloudRunV2ListRevisionsResponse
	for _, revision := range s.Revisions(nameOf(r)) {
		answer.Revisions = append(answer.Revisions, &revision)
	}
	return answer, nil
}
