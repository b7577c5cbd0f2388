use client::apis::{configuration::{ApiKey, Configuration}, internal_api as api, Error};
use client::models::{DeductRequest, OpenAccountRequest, TopUpRequest};

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

    let at = Some(first.created_at.as_str());
    assert_eq!(api::get_balance(&configuration, USER, at).await?.balance, LARGEST - 400);

    let refused = api::deduct(&configuration, DeductRequest::new(user(), LARGEST), None).await;
    let Err(Error::ResponseError(answer)) = refused else { panic!("not refused") };
    let error: client::models::Error = serde_json::from_str(&answer.content)?;
    assert_eq!((answer.status.as_u16(), error.code.as_str()), (402, "INSUFFICIENT_FUNDS"));
    println!("ok");
    Ok(())
}
