use aws_config::Region;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};
use aws_sdk_dynamodb::config::SharedHttpClient;
use tokio::sync::OnceCell;

use super::configuration::loader;

/// The SDK's credentials chain. The environment is its first source, and the one that answers in a Lambda function. The other
/// sources are built only if it does not answer.
#[derive(Debug)]
pub(super) struct Credentials {
    environment: EnvironmentVariableCredentialsProvider,
    http: SharedHttpClient,
    region: Region,
    chain: OnceCell<SharedCredentialsProvider>,
}

impl Credentials {
    pub(super) fn new(http: SharedHttpClient, region: Region) -> Self {
        Self {
            environment: EnvironmentVariableCredentialsProvider::new(),
            http,
            region,
            chain: OnceCell::new(),
        }
    }

    async fn credentials(&self) -> provider::Result {
        match self.environment.provide_credentials().await {
            Err(CredentialsError::CredentialsNotLoaded(_)) => {}
            answer => return answer,
        }
        let chain = self.chain.get_or_try_init(|| self.whole_chain()).await?;
        chain.provide_credentials().await
    }

    async fn whole_chain(&self) -> Result<SharedCredentialsProvider, CredentialsError> {
        let conf = loader(self.http.clone()).region(self.region.clone()).load().await;
        conf.credentials_provider()
            .ok_or_else(|| CredentialsError::not_loaded("the SDK has no source of credentials"))
    }
}

impl ProvideCredentials for Credentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }

    fn fallback_on_interrupt(&self) -> Option<aws_credential_types::Credentials> {
        self.chain.get().and_then(ProvideCredentials::fallback_on_interrupt)
    }
}
