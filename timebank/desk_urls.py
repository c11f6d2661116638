"""The broker's desk, under /timebank/desk/; in the namespace of the time bank."""

from django.urls import path

from timebank.views import (
    cycles,
    desk,
    desk_corrections,
    desk_exports,
    desk_imports,
    desk_newcomers,
    desk_on_behalf,
    desk_people,
    desk_policy,
    desk_requests,
)

urlpatterns = [
    path("", desk.home, name="desk"),
    path("cycles/", cycles.Cycles.as_view(), name="desk_cycles"),
    path("disputes/", desk.Disputes.as_view(), name="disputes"),
    path("stuck/", desk.Stuck.as_view(), name="desk_stuck"),
    path("stuck/<uuid:exchange_id>/remind/", desk.remind, name="desk_remind"),
    path("cycles/look/", cycles.look, name="desk_cycles_look"),
    path("people/", desk_people.People.as_view(), name="desk_people"),
    path("people/<uuid:user_id>/", desk_people.member, name="desk_member"),
    path("people/<uuid:user_id>/nudge/", desk_people.nudge, name="desk_nudge"),
    path("people/<uuid:user_id>/grant/", desk_corrections.Grant.as_view(), name="desk_grant"),
    path("people/<uuid:user_id>/propose/", desk_on_behalf.propose, name="desk_propose"),
    path("people/<uuid:user_id>/exchanges/<uuid:exchange_id>/", desk_on_behalf.step, name="desk_step"),
    path("newcomers/", desk_newcomers.newcomers, name="desk_newcomers"),
    path("people/<uuid:user_id>/vouch/", desk_newcomers.Vouch.as_view(), name="desk_vouch"),
    path("record/", desk_on_behalf.record_offline, name="desk_record"),
    path("requests/<uuid:listing_id>/", desk_requests.ask, name="desk_request"),
    path("adjust/", desk_corrections.Adjust.as_view(), name="desk_adjust"),
    path("transfers/<uuid:transfer_id>/reverse/", desk_corrections.reverse_transfer, name="desk_reverse"),
    path("imports/", desk_imports.Imports.as_view(), name="desk_imports"),
    path("imports/upload/", desk_imports.upload, name="desk_upload"),
    path("imports/<uuid:upload_id>/", desk_imports.preview, name="desk_import"),
    path("imports/<uuid:upload_id>/progress/", desk_imports.progress, name="desk_import_progress"),
    path("imports/<uuid:upload_id>/confirm/", desk_imports.confirm, name="desk_import_confirm"),
    path("imports/<uuid:upload_id>/cancel/", desk_imports.cancel, name="desk_import_cancel"),
    path("organisations/", desk_exports.between_organisations, name="desk_organisations"),
    path("exports/", desk_exports.export, name="desk_exports"),
    path("policy/", desk_policy.versions, name="policy"),
    path("policy/draft/", desk_policy.draft, name="policy_draft"),
    path("policy/<int:number>/", desk_policy.version, name="policy_version"),
    path("policy/<int:number>/publish/", desk_policy.publish, name="policy_publish"),
]
