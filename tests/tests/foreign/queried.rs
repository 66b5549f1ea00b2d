use super::*;

/// Bookings of one guest, a night each.
async fn booked(bookings: impl IntoIterator<Item = Book>) -> App {
    let (_, app) = database().await;
    for (key, booking) in nights().zip(bookings) {
        app.execute(&key, booking).await.unwrap();
    }
    app.run_until_idle().await.unwrap();
    app
}

fn nights() -> impl Iterator<Item = StayKey> {
    let first: NaiveDate = "2024-02-28".parse().unwrap();
    first.iter_days().map(|night| StayKey::new(&tenant(), HOTEL, night))
}

const MIDDAY: &str = "2024-01-01T12:00:00Z";

#[tokio::test]
async fn decimals_are_listed_as_numbers() {
    let prices = ["10", "-0.5", "9.99", "0", "-10.25", "9.990", "1000000000000", "-0.51", "0.0001"];
    let app = booked((1..).zip(prices).map(|(code, price)| book(code, price, MIDDAY))).await;
    let tenant = tenant();
    let by_price = || app.query::<Line>(&tenant).by_price(GUEST);
    let texts = |page: Vec<Line>| page.iter().map(|line| line.price.to_string()).collect::<Vec<_>>();
    let views = |page: cqrs_core::app::Page<Line>| page.views.into_iter().map(|found| found.view).collect();

    let all = texts(views(by_price().await.unwrap()));
    assert_eq!(all, ["-10.25", "-0.51", "-0.5", "0", "0.0001", "9.99", "9.990", "10", "1000000000000"]);
    let decimal = |text: &str| text.parse::<Decimal>().unwrap();
    let some = texts(views(by_price().price(decimal("-0.50")..decimal("9.9900")).await.unwrap()));
    assert_eq!(some, ["-0.5", "0", "0.0001"]);
    let same = texts(views(by_price().price(decimal("9.9900")).await.unwrap()));
    assert_eq!(same, ["9.99", "9.990"]);
    let negative = texts(views(by_price().price(..Decimal::ZERO).descending().await.unwrap()));
    assert_eq!(negative, ["-0.5", "-0.51", "-10.25"]);
}

#[tokio::test]
async fn times_are_listed_in_their_order_in_an_index_and_in_a_key() {
    // Before the year 0, behind 9999, and within one second.
    let in_order = [
        "-0044-03-15T12:00:00Z",
        "-0001-12-31T23:59:59.999Z",
        "0000-01-01T00:00:00Z",
        "2016-12-31T23:59:59.999999999Z",
        "2016-12-31T23:59:60.5Z",
        "2017-01-01T00:00:00Z",
        "2017-01-01T00:00:00.000000001Z",
        "2017-01-01T00:00:00.5Z",
        "9999-12-31T23:59:59Z",
        "+10000-01-01T00:00:00Z",
        "+12024-01-01T00:00:00Z",
    ];
    let mixed = (1..).zip(in_order.iter().step_by(2).rev().chain(in_order.iter().skip(1).step_by(2)));
    let app = booked(mixed.map(|(code, at)| book(code, "1", at))).await;
    let times = in_order.map(|text| text.parse::<DateTime<Utc>>().unwrap());

    let tenant = tenant();
    let listed = app.query::<Line>(&tenant).by_time(GUEST).await.unwrap();
    assert_eq!(listed.views.iter().map(|found| found.view.at).collect::<Vec<_>>(), times);
    let moments = app.query::<Moment>(&tenant).by_key().guest(GUEST).await.unwrap();
    assert_eq!(moments.views.iter().map(|found| *found.key.at()).collect::<Vec<_>>(), times);

    for (from, to) in [(0, 2), (1, 4), (3, 7), (5, 6), (7, 11)] {
        let (first, last) = (times[from], times[to - 1]);
        let listed = app.query::<Line>(&tenant).by_time(GUEST).at(first..=last).await.unwrap();
        assert_eq!(listed.views.iter().map(|found| found.view.at).collect::<Vec<_>>(), times[from..to]);
        let moments = app.query::<Moment>(&tenant).by_key().guest(GUEST).at(first..last).await.unwrap();
        let found: Vec<_> = moments.views.iter().map(|found| *found.key.at()).collect();
        assert_eq!(found, times[from..to - 1]);
    }
}

#[tokio::test]
async fn times_of_day_and_local_times_are_listed_too() {
    let at = |door: &str, arrival: &str| {
        let (door, arrival) = (door.parse().unwrap(), Some(arrival.parse().unwrap()));
        move |code| Book { door, arrival, ..book(code, "1", MIDDAY) }
    };
    let bookings = [
        at("22:30:00", "2024-03-31T02:30:00.5"),
        at("22:30:00", "2024-03-31T02:30:00"),
        at("06:00:00.001", "2024-03-31T02:30:00"),
        at("06:00:00", "2024-03-31T02:30:00"),
    ];
    let app = booked((1..).zip(bookings).map(|(code, booking)| booking(code))).await;
    let tenant = tenant();
    let codes = |page: cqrs_core::app::Page<Line>| {
        let key = |night: StayKey| nights().position(|other| other == night).unwrap() + 1;
        page.views.into_iter().map(|found| key(found.key)).collect::<Vec<_>>()
    };
    assert_eq!(codes(app.query::<Line>(&tenant).by_door(GUEST).await.unwrap()), [4, 3, 2, 1]);
    let late: NaiveTime = "22:30:00".parse().unwrap();
    let from: NaiveDateTime = "2024-03-31T02:30:00.1".parse().unwrap();
    let found = app.query::<Line>(&tenant).by_door(GUEST).door(late).arrival(from..).await.unwrap();
    assert_eq!(codes(found), [1]);
}
