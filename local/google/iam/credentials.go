package iam

import (
	"strings"
	"time"

	credentialsapi "google.golang.org/api/iamcredentials/v1"

	"docx2pdf/local/google/iam/token"
	"docx2pdf/local/machinery/rest"
	"docx2pdf/local/machinery/status"
)

// generateAccessToken makes an access token for the path's account, for a caller with token-creator rights on it
// (https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken).
func (s *Service) generateAccessToken(r *rest.Request) (any, error) {
	a, err := s.account(r)
	if err != nil {
		return nil, err
	}
	var body credentialsapi.GenerateAccessTokenRequest
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	if len(body.Delegates) > 0 {
		return nil, status.NotModelled("delegation chains")
	}
	if err := Refusals.Check("tokens", body); err != nil {
		return nil, err
	}
	lifetime := token.Lifetime
	if body.Lifetime != "" {
		if lifetime, err = time.ParseDuration(body.Lifetime); err != nil {
			return nil, err
		}
	}
	t, err := s.tokens.AccessToken(a.Email, strings.Join(body.Scope, " "), lifetime)
	if err != nil {
		return nil, err
	}
	return credentialsapi.GenerateAccessTokenResponse{AccessToken: t,
		ExpireTime: time.Now().Add(lifetime).UTC().Format(time.RFC3339)}, nil
}

func (s *Service) generateIDToken(r *rest.Request) (any, error) {
	a, err := s.account(r)
	if err != nil {
		return nil, err
	}
	var body credentialsapi.GenerateIdTokenRequest
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	if len(body.Delegates) > 0 {
		return nil, status.NotModelled("delegation chains")
	}
	if err := Refusals.Check("idTokens", body); err != nil {
		return nil, err
	}
	t, err := s.tokens.IDToken(a.Email, body.Audience)
	if err != nil {
		return nil, err
	}
	return credentialsapi.GenerateIdTokenResponse{Token: t}, nil
}
