use aws_sdk_dynamodb::types::AttributeValue;

use super::*;

fn full() -> Book {
    Book {
        arrival: Some("2024-03-31T02:30:00".parse().unwrap()),
        refunds: BTreeMap::from([("2024-02-29".parse().unwrap(), "-0.10".parse().unwrap())]),
        ..book(4711, "79228162514264337593543950.335", "2016-12-31T23:59:60.123456789Z")
    }
}

#[tokio::test]
async fn every_digit_comes_back_to_another_process() {
    let (dynamo, app) = database().await;
    let (key, command) = (night("2024-01-31"), full());
    app.execute(&key, command.clone()).await.unwrap();
    app.run_until_idle().await.unwrap();

    let other = App::builder(&dynamo).build().unwrap();
    let history = other.history(&key).read_all().await.unwrap();
    let Book { code, guest, price, at, door, arrival, refunds } = command;
    let expected = Booked { code, guest, price, at, door, arrival, refunds };
    let events: Vec<_> = history.iter().map(Recorded::event).collect();
    let [StayEvent::Booked(found)] = events[..] else { panic!("{events:?}") };
    assert_eq!(found, &expected);
    assert_eq!((found.price.scale(), found.refunds.values().next().unwrap().scale()), (3, 2));
    let state = Stay { code: Some(code), price, at, door };
    assert_eq!(other.load(&key).await.unwrap().state, state);
    assert_eq!(other.view::<Line>(&key).await.unwrap().unwrap().at, at);
    assert_eq!(other.find(Stay::code(&tenant(), code)).await.unwrap(), Some(key));
}

#[tokio::test]
async fn all_of_them_are_texts_in_the_table() {
    let (dynamo, app) = database().await;
    let key = night("2024-01-31");
    app.execute(&key, full()).await.unwrap();
    let stream = key.stream().unwrap();
    assert_eq!(stream.sk(), "STAY#018f3c2e-7b4a-7c3d-9e1f-2a5b6c7d8e9f#2024-01-31");
    let item = dynamo.client().get_item().table_name(&dynamo.tables().events);
    let item = item.key("pk", AttributeValue::S(stream.pk().to_owned()));
    let item = item.key("sk", AttributeValue::S(stream.commit_sk(Version::new(1)))).send().await.unwrap();
    let data = item.item.unwrap().remove("data").unwrap();
    let data = data.as_m().unwrap();
    for (field, text) in [
        ("guest", "00000000-0000-0000-0000-000000000007"),
        ("price", "79228162514264337593543950.335"),
        ("at", "2016-12-31T23:59:60.123456789Z"),
        ("door", "22:30:00.000000001"),
        ("arrival", "2024-03-31T02:30:00"),
    ] {
        assert_eq!(data[field], AttributeValue::S(text.to_owned()), "{field}");
    }
    assert_eq!(data["refunds"].as_m().unwrap()["2024-02-29"], AttributeValue::S("-0.10".to_owned()));
}

#[test]
fn the_lock_names_each() {
    let shape = "{ code: uuid, guest: uuid, price: decimal, at: datetime, door: time, arrival: datetime local?, refunds: map<date, decimal> }";
    assert_eq!(Booked::SHAPE.to_string(), shape);
    assert_eq!(Book::SHAPE.to_string(), shape);
}

#[tokio::test]
async fn equal_decimals_are_one_stream() {
    let (_, app) = database().await;
    let rate = |text: &str| RateKey::new(&tenant(), text.parse().unwrap());
    for text in ["1.0", "1.00", "1"] {
        app.execute(&rate(text), Choose).await.unwrap();
    }
    assert_eq!(app.load(&rate("1.000")).await.unwrap().state.chosen, 3);
    let stream = rate("1.0").stream().unwrap();
    assert_eq!(stream.sk(), "RATE#1");
    assert_eq!(RateKey::parse(&stream).unwrap(), rate("1.00"));
}
