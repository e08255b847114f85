from grpc import StatusCode

from actions.v1.action_config_pb2 import HTTP_METHOD_GET, HTTP_METHOD_POST, ActionConfig
from .case import Case, draft, unique_name

URL = "http://127.0.0.1:9009/orders/{order_id}"
NOT_FOUND = (StatusCode.NOT_FOUND, "ERROR_REASON_ACTION_NOT_FOUND")
INVALID = (StatusCode.INVALID_ARGUMENT, "ERROR_REASON_INVALID_FIELD")


class ConfigTests(Case):
    def test_created_action_can_be_read_back_whole(self):
        sent = draft(URL, description="Looks up an order.", labels={"team": "shop"},
                     variables=[{"name": "order_id", "description": "Seven digits", "sensitive": True}],
                     results=[{"variable": "status", "json_path": "$.status", "required": True}],
                     messages={"start_message": "Looking up {order_id}.", "failure_message": "Sorry."})
        created = self.client.create(sent)

        self.assertEqual(created, self.client.get(created.id))
        self.assertTrue(created.id and created.etag)
        self.assertTrue(created.HasField("create_time") and created.HasField("update_time"))
        for output_only in ("id", "etag", "create_time", "update_time"):
            created.ClearField(output_only)
        self.assertEqual(sent, created)

    def test_validate_only_checks_and_stores_nothing(self):
        sent = draft(URL)
        self.client.create(sent, validate_only=True)
        self.assertEqual([], list(self.client.list(name_prefix=sent.name)))
        self.assert_refused(*INVALID, lambda: self.client.create(draft("nonsense"), validate_only=True))

    def test_list_pages_by_name_and_filters(self):
        prefix = unique_name("Paged")
        for number in (3, 1, 5, 2, 4):
            self.client.create(draft(URL, name=f"{prefix} {number}", labels={"odd": str(number % 2)}))
        names = [f"{prefix} {number}" for number in range(1, 6)]

        self.assertEqual(names, [a.name for a in self.client.list(name_prefix=prefix.upper(), page_size=2)])
        self.assertEqual(names[0::2], [a.name for a in self.client.list(name_prefix=prefix, labels={"odd": "1"})])

    def test_update_with_mask_writes_only_these_fields(self):
        created = self.create(URL, description="before", labels={"kept": "yes"})
        change = ActionConfig(id=created.id, name="not in the mask", description="after",
                              request={"method": HTTP_METHOD_POST, "url": "http://127.0.0.1:9009/changed"})
        updated = self.client.update(change, mask=["description", "request.url"])

        self.assertEqual(updated, self.client.get(created.id))
        self.assertEqual((created.name, "after", {"kept": "yes"}),
                         (updated.name, updated.description, dict(updated.labels)))
        self.assertEqual((HTTP_METHOD_GET, "http://127.0.0.1:9009/changed"),
                         (updated.request.method, updated.request.url))
        self.assertNotEqual(created.etag, updated.etag)
        self.assertEqual(created.create_time, updated.create_time)

    def test_update_without_mask_writes_what_is_set(self):
        created = self.create(URL, description="kept", messages={"start_message": "before"})
        updated = self.client.update(ActionConfig(id=created.id, messages={"start_message": "after"}))
        self.assertEqual(("kept", "after", created.request),
                         (updated.description, updated.messages.start_message, updated.request))

    def test_update_and_delete_with_an_old_etag_are_refused(self):
        created = self.create(URL)
        current = self.client.update(ActionConfig(id=created.id, etag=created.etag, description="mine"))
        mismatch = (StatusCode.ABORTED, "ERROR_REASON_ETAG_MISMATCH")
        for call in (lambda: self.client.update(ActionConfig(id=created.id, etag=created.etag, description="theirs")),
                     lambda: self.client.delete(created.id, etag=created.etag)):
            self.assert_refused(*mismatch, call, id=created.id, etag=current.etag)

        self.assertEqual("mine", self.client.get(created.id).description)
        self.client.delete(created.id, etag=current.etag)

    def test_deleted_action_is_gone_and_its_name_is_free(self):
        created = self.create(URL)
        self.client.delete(created.id)
        self.assert_refused(*NOT_FOUND, lambda: self.client.get(created.id), id=created.id)
        self.assert_refused(*NOT_FOUND, lambda: self.client.delete(created.id), id=created.id)
        self.assertNotEqual(created.id, self.client.create(draft(URL, name=created.name)).id)

    def test_unknown_id_is_not_found(self):
        self.assert_refused(*NOT_FOUND, lambda: self.client.get("nosuchaction"), id="nosuchaction")
        self.assert_refused(*NOT_FOUND, lambda: self.client.update(
            ActionConfig(id="nosuchaction", description="x")), id="nosuchaction")

    def test_taken_name_is_refused_regardless_of_case(self):
        created, other = self.create(URL), self.create(URL)
        taken = (StatusCode.ALREADY_EXISTS, "ERROR_REASON_NAME_TAKEN")
        name = created.name.upper()
        self.assert_refused(*taken, lambda: self.client.create(draft(URL, name=name)), name=name)
        self.assert_refused(*taken, lambda: self.client.update(ActionConfig(id=other.id, name=name)), name=name)

    def test_invalid_fields_are_all_named_by_their_path(self):
        for field, config in {
            "action_config.name": draft(URL, name=""),
            "action_config.request": ActionConfig(name=unique_name()),
            "action_config.request.url": draft("ftp://127.0.0.1/x"),
            "action_config.request.method": draft(URL, method=0),
            "action_config.request.timeout": draft(URL, timeout=0.01),
            "action_config.request.headers[0].name": draft(URL, request={"headers": [{"name": "Host", "value": "x"}]}),
            "action_config.request.json_body": draft(URL, method=HTTP_METHOD_POST, request={"json_body": "{"}),
            "action_config.results[0].json_path": draft(URL, results=[{"variable": "a", "json_path": "status"}]),
        }.items():
            with self.subTest(field):
                self.assert_refused(*INVALID, lambda: self.client.create(config), violations=[field])
        both = draft("http://{host}/", timeout=500)
        self.assert_refused(*INVALID, lambda: self.client.create(both),
                            violations=["action_config.request.url", "action_config.request.timeout"])
