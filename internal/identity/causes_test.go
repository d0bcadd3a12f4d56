// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package identity_test

import "github.com/tocsin-id/tocsin/internal/idp"

// causes is the cause of the signals of each verb that records some. Providers
// hold signals back by it.
func causes() map[string]idp.SignalCause {
	byCause := map[idp.SignalCause][]string{
		idp.CauseSignOut: {"SignOut"},
		idp.CauseRevoked: {"RevokeSession", "RevokeSessions"},
		idp.CauseTimeout: {"EndTimedOutSessions"},
		idp.CauseSignIn:  {"SignIn", "Reauthenticate", "PresentSession"},
		idp.CauseCredential: {"CreateUser", "ImportUser", "ChangePassword", "ResetPassword", "RemovePassword",
			"AddTOTP", "AddPasskey", "RenameCredential", "RemoveCredential", "ResetFactors",
			"GenerateRecoveryCodes", "RemoveRecoveryCodes", "ProveRecoveryCode", "RequirePasswordChange"},
		idp.CauseAccount: {"UpdateUser", "DisableUser", "EnableUser", "DeleteUser",
			"AddMember", "RemoveMember", "RenameGroup", "DeleteGroup"},
		idp.CauseRecovery: {"StartRecovery", "CompleteRecovery", "ChangeRecoveryEmail"},
		idp.CauseRisk:     {"RefreshTokenReused", "TryFailed", "NoteDevice"},
	}
	out := make(map[string]idp.SignalCause)
	for cause, verbs := range byCause {
		for _, verb := range verbs {
			out[verb] = cause
		}
	}
	return out
}
