"""Addresses of this room. What allauth serves (second factor, devices) is in `people.auth_urls`, without a namespace."""

from django.urls import path

from people.equality import views as equality
from people.views import account, factors, sign_in, staff, words

app_name = "people"
urlpatterns = [
    path("sign-in/", sign_in.sign_in, name="sign_in"),
    path("sign-in/organisation/", sign_in.to_organisation, name="to_organisation"),
    path("sign-in/code/", sign_in.enter_code_anywhere, name="sign_in_code_anywhere"),
    path("sign-in/code/<uuid:code_id>/", sign_in.enter_code, name="sign_in_code"),
    path("sign-in/code/<uuid:code_id>/again/", sign_in.resend, name="sign_in_resend"),
    path("sign-in/link/<str:token>/", sign_in.link, name="sign_in_link"),
    path("aboard/", sign_in.aboard, name="aboard"),
    path("aboard/name/", sign_in.aboard_name, name="aboard_name"),
    path("aboard/conduct/", sign_in.aboard_conduct, name="aboard_conduct"),
    path("aboard/about-work/", equality.about_work, name="aboard_about_work"),
    path("account/", account.account, name="account"),
    path("account/desk/", factors.second_step, name="second_step"),
    path("account/profile/", account.edit_profile, name="edit_profile"),
    path("account/equality/", equality.edit, name="equality"),
    path("account/equality/delete/", equality.forget, name="equality_delete"),
    path("account/blocks/", account.blocks, name="blocks"),
    path("account/blocks/<uuid:block_id>/end/", account.unblock, name="unblock"),
    path("account/my-data/", account.download, name="download"),
    path("account/close/", account.close, name="close"),
    path("people/<uuid:user_id>/", account.person, name="person"),
    path("people/<uuid:user_id>/block/", account.block, name="block"),
    path("people/<uuid:user_id>/report/", account.report, name="report_person"),
    path("people/<uuid:user_id>/worried/", account.worried, name="worried_about"),
    path("worried/", account.worried, name="worried"),
    path("staff/people/", staff.people, name="people"),
    path("staff/people/new/", staff.bring_aboard, name="bring_aboard"),
    path("staff/people/<uuid:user_id>/roles/", staff.roles, name="roles"),
    path("staff/roles/<uuid:grant_id>/end/", staff.end_role, name="end_role"),
    path("staff/reports/", staff.reports, name="reports"),
    path("staff/reports/<uuid:report_id>/", staff.report, name="report"),
    path("staff/safeguarding/", staff.cases, name="cases"),
    path("staff/safeguarding/<uuid:case_id>/", staff.case, name="case"),
    path("staff/complaints/", staff.complaints, name="complaints"),
    path("staff/complaints/<uuid:complaint_id>/", staff.complaint, name="complaint"),
    path("privacy/", words.privacy, name="privacy"),
    path("privacy/complain/", words.complain, name="complain"),
    path("terms/", words.terms, name="terms"),
    path("accessibility/", words.accessibility, name="accessibility"),
    path("credits-work-and-benefits/", words.credits_work_and_benefits, name="credits_work_and_benefits"),
    path("conduct/", words.conduct, name="conduct"),
    path("contact/", words.contact, name="contact"),
]
