"""Watches: history, bookmarks, streaming lists, versions that are gone or not yet there, pages."""

from tests.contract.exchange import delete, get, patch, post, script, watch
from tests.contract.scripts.objects import CERTIFICATES, CONFIG_MAPS, WIDGETS, config_map, labelled, widget

_RV = "${before.metadata.resourceVersion}"
_STREAMED = {
    "sendInitialEvents": "true",
    "resourceVersionMatch": "NotOlderThan",
    "allowWatchBookmarks": "true",
}
_NEXT = {"continue": "${first.metadata.continue}"}
_FIRST = f"{CONFIG_MAPS}/watch-a"

SCRIPTS = (
    script(
        "watch-history",
        get(CONFIG_MAPS, labelSelector="of=watch").kept("before"),
        post(CONFIG_MAPS, labelled(config_map("watch-a", k="1"), of="watch")),
        patch(_FIRST, {"data": {"k": "2"}}),
        patch(_FIRST, {"data": {"k": "2"}}),
        delete(_FIRST),
        watch(CONFIG_MAPS, labelSelector="of=watch", resourceVersion=_RV),
        watch(CONFIG_MAPS, fieldSelector="metadata.name=watch-a", resourceVersion=_RV),
        watch(CONFIG_MAPS, fieldSelector="metadata.name=somebody-else", resourceVersion=_RV),
    ),
    script(
        "watch-selector-moves",
        get(CONFIG_MAPS, labelSelector="of=moves").kept("before"),
        post(CONFIG_MAPS, labelled(config_map("watch-b"), of="other")),
        patch(f"{CONFIG_MAPS}/watch-b", {"metadata": {"labels": {"of": "moves"}}}),
        patch(f"{CONFIG_MAPS}/watch-b", {"metadata": {"labels": {"of": "other"}}}),
        watch(CONFIG_MAPS, labelSelector="of=moves", resourceVersion=_RV),
    ),
    script(
        "watch-from-nothing",
        post(CONFIG_MAPS, labelled(config_map("watch-c"), of="synthetic")),
        post(CONFIG_MAPS, labelled(config_map("watch-d"), of="synthetic")),
        watch(CONFIG_MAPS, labelSelector="of=synthetic"),
        watch(CONFIG_MAPS, labelSelector="of=synthetic", resourceVersion="0"),
        watch(CONFIG_MAPS, labelSelector="of=synthetic", **_STREAMED),
        watch(CONFIG_MAPS, labelSelector="of=synthetic", resourceVersion="0", **_STREAMED),
        watch(CONFIG_MAPS, labelSelector="of=nothing", **_STREAMED),
        watch(f"{CONFIG_MAPS}/watch-c"),
    ),
    script(
        "watch-custom-resources",
        get(WIDGETS, labelSelector="of=watched").kept("before"),
        post(WIDGETS, labelled(widget("watched", size="1"), of="watched")),
        patch(f"{WIDGETS}/watched", {"spec": {"size": "2"}}),
        patch(f"{WIDGETS}/watched/status", {"status": {"revision": 1}}),
        watch(WIDGETS, labelSelector="of=watched", resourceVersion=_RV),
        watch(WIDGETS, labelSelector="of=watched", **_STREAMED),
        watch(CERTIFICATES, labelSelector="of=nothing", resourceVersion=_RV),
        watch(CERTIFICATES, labelSelector="of=nothing", **_STREAMED),
    ),
    script(
        "watch-expired",
        watch(CONFIG_MAPS, resourceVersion="1"),
        watch(CERTIFICATES, resourceVersion="1"),
    ),
    script(
        "watch-refused",
        watch(CONFIG_MAPS, sendInitialEvents="true"),
        watch(CONFIG_MAPS, sendInitialEvents="true", resourceVersionMatch="Exact"),
        watch(CONFIG_MAPS, labelSelector="of=nothing", sendInitialEvents="true", resourceVersionMatch="NotOlderThan"),
        watch(CONFIG_MAPS, resourceVersionMatch="NotOlderThan", resourceVersion="0"),
        watch(CONFIG_MAPS, resourceVersion="nonsense"),
        get(CONFIG_MAPS, sendInitialEvents="true"),
        get(CONFIG_MAPS, resourceVersion="nonsense"),
        get(CONFIG_MAPS, resourceVersionMatch="Exact"),
        get(CONFIG_MAPS, resourceVersion="0", resourceVersionMatch="Exact"),
        get(CONFIG_MAPS, resourceVersion="0", resourceVersionMatch="Nonsense"),
    ),
    script(
        "version-too-large",
        get(CONFIG_MAPS, resourceVersion="999999999", resourceVersionMatch="NotOlderThan"),
        get("/api/v1/namespaces/default", resourceVersion="999999999"),
        watch(CONFIG_MAPS, resourceVersion="999999999"),
    ),
    script(
        "pages",
        *(post(CONFIG_MAPS, labelled(config_map(f"page-{n}"), of="pages")) for n in range(3)),
        get(CONFIG_MAPS, labelSelector="of=pages").seen("names"),
        get(CONFIG_MAPS, limit="2", labelSelector="of=pages").kept("first").seen("names"),
        get(CONFIG_MAPS, limit="2", labelSelector="of=pages", **{"continue": "${first.metadata.continue}"}).seen(
            "names"
        ),
        get(CONFIG_MAPS, limit="3", labelSelector="of=pages").seen("names"),
        get(CONFIG_MAPS, limit="1", labelSelector="of=pages", resourceVersion="0").seen("names"),
        get(CONFIG_MAPS, limit="2", resourceVersion="0", **_NEXT).seen("names"),
    ),
    script(
        "selectors",
        post(CONFIG_MAPS, labelled(config_map("selected-a"), of="selected", tier="front")),
        post(CONFIG_MAPS, labelled(config_map("selected-b"), of="selected", tier="back")),
        post(CONFIG_MAPS, labelled(config_map("selected-c"), of="selected")),
        *(
            get(CONFIG_MAPS, labelSelector=f"of=selected,{selector}").seen("names")
            for selector in ("tier=front", "tier==back", "tier!=front", "tier", "!tier", "tier in (front,back)")
        ),
        get(CONFIG_MAPS, labelSelector="of=selected,tier notin (front)").seen("names"),
        get(CONFIG_MAPS, labelSelector="of=selected", fieldSelector="metadata.name=selected-b").seen("names"),
        get(CONFIG_MAPS, labelSelector="of=selected", fieldSelector="metadata.name!=selected-b").seen("names"),
    ),
)
