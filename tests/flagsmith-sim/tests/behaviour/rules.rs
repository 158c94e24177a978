use crate::project::{Project, id};
use flagsmith_sim::Sim;
use serde_json::{Value, json};

#[tokio::test]
async fn a_server_tells_its_version_and_the_date_on_every_answer_unless_told_not_to() {
    let project = Project::new().await;
    let reply = project.client.call("GET", "/nowhere/", Value::Null).await;
    assert_eq!((reply.status, reply.header("flagsmith-version")), (404, Some("2.265.0")));
    assert!(reply.header("date").unwrap().ends_with(" GMT"));
    let silent = Project::on(Sim::builder().without_version()).await;
    let reply = silent.client.call("GET", &silent.features_path(), Value::Null).await;
    assert_eq!(reply.header("flagsmith-version"), None);
    let old = Project::on(Sim::builder().version("2.230.0")).await;
    let reply = old.client.call("GET", &old.features_path(), Value::Null).await;
    assert_eq!(reply.header("flagsmith-version"), Some("2.230.0"));
}

#[tokio::test]
async fn a_server_from_before_the_future_answers_it_in_html() {
    let project = Project::on(Sim::builder().without_future()).await;
    let reply = project.client.call("GET", &project.flag_path(), Value::Null).await;
    assert_eq!((reply.status, reply.header("content-type")), (404, Some("text/html; charset=utf-8")));
}

#[tokio::test]
async fn an_organisation_may_have_several_projects_unless_it_is_on_the_free_plan() {
    for (builder, status) in [(Sim::builder(), 201), (Sim::builder().one_project_per_organisation(), 403)] {
        let project = Project::on(builder).await;
        let organisations = project.client.get("/api/v1/organisations/").await;
        let organisation = id(&organisations["results"][0]);
        let body = json!({ "name": "second", "organisation": organisation });
        assert_eq!(project.client.call("POST", "/api/v1/projects/", body).await.status, status);
    }
}

#[tokio::test]
async fn an_organisation_key_opens_its_own_organisation_alone() {
    let project = Project::new().await;
    let other = project.client.create("/api/v1/organisations/", json!({ "name": "Other" })).await;
    let key = project.sim.api_key(id(&other));
    let headers = [("authorization", format!("Api-Key {key}"))];
    let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let get = async |path: &str| project.client.send(("GET", path), &headers, None).await.unwrap();
    assert_eq!(get("/api/v1/organisations/").await.json()["count"], 1);
    assert_eq!(get("/api/v1/projects/").await.json(), json!([]));
    assert_eq!(get(&project.features_path()).await.status, 404);
}

#[tokio::test]
async fn features_are_listed_page_by_page_and_found_by_a_part_of_their_name() {
    let project = Project::new().await;
    for name in ["alpha", "Beta", "beta_two"] {
        project.client.create(&project.features_path(), json!({ "name": name })).await;
    }
    let list = async |query: &str| project.client.get(&format!("{}?{query}", project.features_path())).await;
    let names = |page: &Value| -> Vec<_> {
        let results = page["results"].as_array().unwrap().iter();
        results.map(|each| each["name"].as_str().unwrap().to_owned()).collect()
    };
    let second = list("page=2&page_size=3&sort_field=name&sort_direction=DESC").await;
    assert_eq!((names(&second), second["count"].as_u64()), (vec!["Beta".to_owned()], Some(4)));
    assert!(second["next"].is_null() && second["previous"].is_string());
    assert_eq!(names(&list("search=BETA").await), ["Beta", "beta_two"]);
    assert_eq!(list(&format!("environment={}", project.environment)).await["count"], 4);
}

#[tokio::test]
async fn initial_values_become_what_flagsmith_makes_of_them() {
    let project = Project::new().await;
    for (given, served) in [
        (json!("42"), json!(42)),
        (json!(42), json!(42)),
        (json!("true"), json!(true)),
        (json!(true), json!(true)),
        (json!(1.5), json!("1.5")),
        (json!({ "a": 1 }), json!("{'a': 1}")),
        (json!(""), json!("")),
        (json!("2147483648"), json!("2147483648")),
        (Value::Null, Value::Null),
    ] {
        let body = json!({ "name": format!("flag {given}"), "initial_value": given });
        let made = id(&project.client.create(&project.features_path(), body).await);
        let path = format!("/api/v1/environments/{}/featurestates/?feature={made}", project.key);
        let states = project.client.get(&path).await;
        assert_eq!(states["results"][0]["feature_state_value"], served, "from {given}");
    }
}

#[tokio::test]
async fn someone_in_a_segment_gets_its_override_and_the_strongest_of_two() {
    let project = Project::new().await;
    let gold = json!({ "property": "plan", "operator": "EQUAL", "value": "gold" });
    let gold = project.add_segment("gold", gold).await;
    let old = json!({ "property": "age", "operator": "GREATER_THAN", "value": "65" });
    let old = project.add_segment("old", old).await;
    let served = |segment: u64, priority: u64, value: &str| {
        json!({ "segment": { "id": segment }, "priority": priority, "enabled": true,
                "value": { "type": "string", "value": value } })
    };
    let body = json!({ "segment_overrides": [served(gold, 5, "gold"), served(old, 2, "old")] });
    project.client.call("PATCH", &project.flag_path(), body).await;
    for (plan, age, value) in [("tin", 20, Value::Null), ("gold", 20, json!("gold")), ("gold", 70, json!("old"))] {
        let traits = json!([{ "trait_key": "plan", "trait_value": plan }, { "trait_key": "age", "trait_value": age }]);
        let body = json!({ "identifier": format!("{plan}{age}"), "traits": traits }).to_string();
        let headers = [("x-environment-key", project.key.as_str()), ("content-type", "application/json")];
        let request = ("POST", "/api/v1/identities/");
        let reply = project.client.send(request, &headers, Some(body)).await.unwrap();
        assert_eq!(reply.json()["flags"][0]["feature_state_value"], value, "{plan} {age}");
    }
}

#[tokio::test]
async fn a_new_environment_has_what_the_features_start_with() {
    let project = Project::new().await;
    let body = json!({ "name": "on", "default_enabled": true, "initial_value": "x" });
    project.client.create(&project.features_path(), body).await;
    let body = json!({ "name": "staging", "project": project.id, "api_key": "chosen-key" });
    project.client.create("/api/v1/environments/", body).await;
    let flags = project.client.sdk("/api/v1/flags/", "chosen-key").await.json();
    assert_eq!((&flags[0]["enabled"], &flags[0]["feature_state_value"]), (&json!(false), &Value::Null));
    assert_eq!((&flags[1]["enabled"], &flags[1]["feature_state_value"]), (&json!(true), &json!("x")));
}

#[tokio::test]
async fn values_are_trimmed_and_integers_read_as_python_reads_them() {
    let project = Project::new().await;
    for (kind, given, stored) in [
        ("string", "  padded \n", "padded"),
        ("string", "", ""),
        ("integer", "1_0", "10"),
        ("integer", "-2147483648", "-2147483648"),
        ("boolean", "TRUE", "true"),
    ] {
        let flag = project.patch(json!({ "value": { "type": kind, "value": given } })).await;
        assert_eq!(flag["environment_default"]["value"], json!({ "type": kind, "value": stored }), "{given:?}");
    }
}

#[tokio::test]
async fn overrides_are_shown_in_the_order_of_their_priorities() {
    let project = Project::new().await;
    let condition = json!({ "property": "plan", "operator": "IS_SET" });
    let first = project.add_segment("first", condition.clone()).await;
    let second = project.add_segment("second", condition).await;
    let served = |segment: u64, priority: u64| json!({ "segment": { "id": segment }, "priority": priority });
    let body = json!({ "segment_overrides": [served(first, 4), served(second, 1)] });
    let flag = project.client.call("PATCH", &project.flag_path(), body).await.json();
    let segments: Vec<_> = (0..2).map(|place| flag["segment_overrides"][place]["segment"]["id"].as_u64()).collect();
    assert_eq!(segments, [Some(second), Some(first)]);
}

#[tokio::test]
async fn a_state_made_in_a_versioned_environment_has_no_time_of_its_own() {
    let project = Project::versioned().await;
    let path = format!("/api/v1/environments/{}/featurestates/?feature={}", project.key, project.feature);
    assert!(project.client.get(&path).await["results"][0]["live_from"].is_string());
    project.patch(json!({ "enabled": true })).await;
    assert!(project.client.get(&path).await["results"][0]["live_from"].is_null());
    let later = id(&project.client.create(&project.features_path(), json!({ "name": "later" })).await);
    let path = format!("/api/v1/environments/{}/featurestates/?feature={later}", project.key);
    assert!(project.client.get(&path).await["results"][0]["live_from"].is_null());
}

#[tokio::test]
async fn a_condition_without_a_value_reads_back_as_none_spelt_out() {
    let project = Project::new().await;
    project.add_segment("s", json!({ "property": "a", "operator": "IS_SET" })).await;
    let segments = project.client.get(&format!("/api/v1/projects/{}/segments/", project.id)).await;
    assert_eq!(segments["results"][0]["rules"][0]["conditions"][0]["value"], "None");
}
