"""Members' own pages: statement, record of contribution, what others see, leaving."""

from django.urls import path

from timebank.views import leaving, record, safety, statement

urlpatterns = [
    path("statement/", statement.statement, name="statement"),
    path("statement/csv/", statement.as_csv, name="statement_csv"),
    path("statement/pdf/", statement.as_pdf, name="statement_pdf"),
    path("pots/<uuid:pot_id>/statement/", statement.statement, name="pot_statement"),
    path("pots/<uuid:pot_id>/statement/csv/", statement.as_csv, name="pot_statement_csv"),
    path("pots/<uuid:pot_id>/statement/pdf/", statement.as_pdf, name="pot_statement_pdf"),
    path("record/", record.record, name="record"),
    path("record/pdf/", record.as_pdf, name="record_pdf"),
    path("record/reflections/new/", record.write, name="write_reflection"),
    path("record/reflections/<uuid:reflection_id>/", record.change, name="reflection"),
    path("record/reflections/<uuid:reflection_id>/delete/", record.delete, name="delete_reflection"),
    path("record/shown/", record.shown, name="shown"),
    path("exchanges/<uuid:exchange_id>/block/", safety.block, name="block"),
    path("leaving/", leaving.leaving, name="leaving"),
]
