// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

package idp

// ApplicationTx reads and writes applications.
type ApplicationTx interface {
	// CreateApplication stores a new application with its groups; ErrConflict
	// when the slug is taken.
	CreateApplication(Application) error
	Application(ApplicationID) (Application, error)
	ApplicationBySlug(slug string) (Application, error)
	// Applications returns all applications by name.
	Applications() ([]Application, error)
	// UpdateApplication replaces all members but ID and CreatedAt, with
	// UpdatedAt set to Now.
	UpdateApplication(Application) error
	// DeleteApplication erases the application with its grants, tokens and
	// streams, and leaves its providers unassigned.
	DeleteApplication(ApplicationID) error
}

// OIDCProviderTx reads and writes OIDC providers.
type OIDCProviderTx interface {
	// CreateOIDCProvider stores a new provider; ErrConflict when the client id
	// is taken or the application has a main provider already.
	CreateOIDCProvider(OIDCProvider) error
	OIDCProvider(ProviderID) (OIDCProvider, error)
	OIDCProviderByClient(clientID string) (OIDCProvider, error)
	OIDCProviderOf(ApplicationID) (OIDCProvider, error)
	OIDCProviders() ([]OIDCProvider, error)
	// UpdateOIDCProvider replaces all members but ID and CreatedAt, with
	// UpdatedAt set to Now.
	UpdateOIDCProvider(OIDCProvider) error
	// DeleteOIDCProvider erases the provider with its stream.
	DeleteOIDCProvider(ProviderID) error
}

// SSFProviderTx reads and writes SSF providers.
type SSFProviderTx interface {
	// CreateSSFProvider stores a new provider; ErrConflict when the slug is
	// taken.
	CreateSSFProvider(SSFProvider) error
	SSFProvider(ProviderID) (SSFProvider, error)
	SSFProviderBySlug(slug string) (SSFProvider, error)
	SSFProvidersOf(ApplicationID) ([]SSFProvider, error)
	SSFProviders() ([]SSFProvider, error)
	// UpdateSSFProvider replaces all members but ID, Slug and CreatedAt, with
	// UpdatedAt set to Now.
	UpdateSSFProvider(SSFProvider) error
	// DeleteSSFProvider erases the provider with its streams.
	DeleteSSFProvider(ProviderID) error
}

// SigningKeyTx reads and writes signing keys.
type SigningKeyTx interface {
	// CreateSigningKey stores a new key with its versions; ErrConflict when
	// the name is taken.
	CreateSigningKey(SigningKey) error
	SigningKey(KeyID) (SigningKey, error)
	SigningKeys() ([]SigningKey, error)
	// PutKeyVersion adds a version or replaces the one with its KID;
	// ErrConflict when that one is another key's.
	PutKeyVersion(KeyID, KeyVersion) error
	// DeleteSigningKey is ErrConflict while a provider uses the key.
	DeleteSigningKey(KeyID) error
	// KIDInUse reports whether a SET that was signed under kid is kept to be
	// delivered again.
	KIDInUse(kid string) (bool, error)
}
