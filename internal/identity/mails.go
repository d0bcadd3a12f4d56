// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"net/url"
	"strings"

	"github.com/tocsin-id/tocsin/internal/idp"
)

// Links says where the links in mails lead.
type Links struct {
	// Base is the base URL, without a slash at its end. Required.
	Base string
}

// Recovery is the page where a user chooses a new password. The token is in
// the query, which the access log leaves out.
func (l Links) Recovery(token string) string { return l.to("/recover", token) }

// Invite is the page where an invited user chooses their first password.
func (l Links) Invite(token string) string { return l.to("/welcome", token) }

func (l Links) to(path, token string) string {
	return l.Base + path + "?ticket=" + url.QueryEscape(token)
}

// letter makes a mail of paragraphs.
func letter(to, subject string, u idp.User, paragraphs ...string) idp.Mail {
	text := "Hello " + u.DisplayName() + ",\n\n" + strings.Join(paragraphs, "\n\n") + "\n"
	return idp.Mail{To: to, Subject: subject, Text: idp.NewSecret(text)}
}

func recoveryMail(u idp.User, to, link string) idp.Mail {
	return letter(to, "Choose a new password", u,
		"Somebody, hopefully you, asked for a new password for your account "+u.Username+". To choose one, open this link within one hour:",
		link,
		"If it was not you, do nothing: your password stays as it is.")
}

func inviteMail(u idp.User, link string) idp.Mail {
	return letter(u.Email, "You have an account", u,
		"An account was made for you. Your user name is "+u.Username+". To choose your password, open this link within seven days:",
		link)
}

func recoveredMail(u idp.User) idp.Mail {
	return letter(u.Email, "Your password was changed", u,
		"The password of your account "+u.Username+" was changed with a link that was mailed to you, and all your sessions were ended.",
		"If it was not you, tell an administrator at once.")
}

func recoveryChangedMail(u idp.User) idp.Mail {
	where := "They now go to your e-mail address."
	if u.RecoveryEmail != "" {
		where = "They now go to " + u.RecoveryEmail + "."
	}
	return letter(u.Email, "Your recovery address was changed", u,
		"Links to recover your account "+u.Username+" go to another address than before. "+where,
		"If it was not you, tell an administrator at once.")
}
