use aws_config::BehaviorVersion;
use aws_types::SdkConfig;

/// The standard configuration of the SDK; none where it names no region.
pub(crate) async fn configuration() -> Option<SdkConfig> {
    let conf = aws_config::load_defaults(BehaviorVersion::v2026_01_12()).await;
    conf.region().is_some().then_some(conf)
}
