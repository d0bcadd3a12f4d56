// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package oidc

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/tocsin-id/tocsin/internal/idp"
	"github.com/tocsin-id/tocsin/secevent"
	wire "github.com/zitadel/oidc/v3/pkg/oidc"
)

// userClaims returns what the scopes tell about a user (OIDC Core §5.4). There
// is no email_verified: nobody has checked the address, and not saying so is
// not the same as saying that it is wrong.
func userClaims(tx idp.Tx, u idp.User, scopes []string) (*wire.UserInfo, error) {
	about := &wire.UserInfo{Subject: string(u.ID)}
	if slices.Contains(scopes, ScopeProfile) {
		about.Name = u.DisplayName()
		about.PreferredUsername = u.Username
		about.UpdatedAt = wire.FromTime(u.UpdatedAt)
	}
	if slices.Contains(scopes, ScopeEmail) {
		about.Email = u.Email
	}
	if slices.Contains(scopes, ScopeGroups) {
		names, err := groupNames(tx, u.ID)
		if err != nil {
			return nil, err
		}
		about.AppendClaims(ScopeGroups, names)
	}
	return about, nil
}

// groupNames returns the names of a user's groups, in order.
func groupNames(tx idp.Tx, user idp.UserID) ([]string, error) {
	ids, err := tx.GroupsOf(user)
	if err != nil {
		return nil, err
	}
	names := []string{}
	for _, id := range ids {
		g, err := tx.Group(id)
		if err != nil {
			return nil, err
		}
		names = append(names, g.Name)
	}
	slices.Sort(names)
	return names, nil
}

// idTokenClaims is what an ID token says, before it is signed.
type idTokenClaims struct {
	authorization
	about *wire.UserInfo
}

// signIDToken returns an ID token (OIDC Core §2). Its "sid" is the session
// that a security event names when the session ends. "auth_time", "acr" and
// "amr" are those of the sign-in, also on a refresh (OIDC Core §12.2).
func (p *Provider) signIDToken(signer *secevent.Signer, c client, in *idTokenClaims, accessToken string, now time.Time) (string, error) {
	claims := wire.NewIDTokenClaims(p.issuer, string(in.UserID), nil, now.Add(c.IDTokenLifetime),
		in.AuthTime, in.Nonce, in.ACR, in.AMR, c.ClientID, 0)
	claims.IssuedAt = wire.FromTime(now)
	claims.ClientID = "" // azp says it already
	claims.SetUserInfo(in.about)
	claims.SessionID = string(in.SessionID)
	var err error
	if claims.AccessTokenHash, err = wire.ClaimHash(accessToken, wireAlgorithm(signer)); err != nil {
		return "", fmt.Errorf("at_hash: %w", err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("ID token: %w", err)
	}
	return signer.SignTyped("JWT", payload)
}

// userClaimsOf reads the claims in a transaction of its own.
func (p *Provider) userClaimsOf(ctx context.Context, token idp.AccessToken) (*wire.UserInfo, error) {
	var about *wire.UserInfo
	err := p.db.View(ctx, func(tx idp.Tx) error {
		u, err := tx.User(token.UserID)
		if err != nil {
			return err
		}
		about, err = userClaims(tx, u, token.Scopes)
		return err
	})
	return about, err
}
