use client::apis::{configuration::{ApiKey, Configuration}, internal_api as api, Error};
use client::models::{DeductRequest, OpenAccountRequest, TopUpRequest, TransferKind};

const USER: &str = "rust:ada@example.com";
const LARGEST: i64 = (1 << 53) - 1;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let key = std::env::var("INTERNAL_SERVICE_TOKEN")?;
    let configuration = Configuration {
        base_path: std::env::var("STRONGROOM_URL")?,
        api_key: Some(ApiKey { prefix: None, key }),
        ..Configuration::new()
    };
    let user = || USER.to_string();

    api::open_account(&configuration, OpenAccountRequest::new(user(), "pro".into())).await?;
    let filled = api::top_up(&configuration, TopUpRequest::new(user(), LARGEST), None).await?;
    assert_eq!(filled.balance, LARGEST);

    let charge = || DeductRequest::new(user(), 400);
    let first = api::deduct(&configuration, charge(), Some("rust-1")).await?;
    let again = api::deduct(&configuration, charge(), Some("rust-1")).await?;
    assert_eq!((&first, first.balance), (&again, LARGEST - 400));

    let at = first.created_at.to_rfc3339();
    let then = api::get_balance(&configuration, USER, Some(&at)).await?;
    assert_eq!(then.balance, LARGEST - 400);
    let (user_id, kind, from) = (Some(USER), Some(TransferKind::Deduct), Some(at.as_str()));
    let found = api::find_transfers(
        &configuration, None, None, None, user_id, None, None, kind, None, from, None,
    );
    let ids: Vec<_> = found.await?.data.into_iter().map(|one| one.transfer_id).collect();
    assert_eq!(ids, [first.transfer_id]);

    let refused = api::deduct(&configuration, DeductRequest::new(user(), LARGEST), None).await;
    let Err(Error::ResponseError(answer)) = refused else { panic!("not refused") };
    let error: client::models::Error = serde_json::from_str(&answer.content)?;
    assert_eq!((answer.status.as_u16(), error.code.as_str()), (402, "INSUFFICIENT_FUNDS"));
    println!("ok");
    Ok(())
}
