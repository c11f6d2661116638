from django.urls import include, path

from timebank.views import desk, exchanges, home, listings, pots, tariffs

app_name = "timebank"
urlpatterns = [
    path("", home.home, name="home"),
    path("statement/", home.statement, name="statement"),
    path("past/", home.Past.as_view(), name="past"),
    path("board/", listings.Board.as_view(), name="board"),
    path("post/<slug:kind>/", listings.post_listing, name="post_listing"),
    path("listings/<uuid:listing_id>/", listings.listing, name="listing"),
    path("listings/<uuid:listing_id>/propose/", exchanges.propose, name="propose"),
    path("listings/<uuid:listing_id>/<slug:move>/", listings.move, name="move_listing"),
    path("exchanges/<uuid:exchange_id>/", exchanges.exchange, name="exchange"),
    path("exchanges/<uuid:exchange_id>/hours/", exchanges.hours, name="hours"),
    path("exchanges/<uuid:exchange_id>/message/", exchanges.message, name="message"),
    path("exchanges/<uuid:exchange_id>/arrange/", exchanges.arrange, name="arrange"),
    path("exchanges/<uuid:exchange_id>/accept/", exchanges.accept, name="accept"),
    path("exchanges/<uuid:exchange_id>/take-held/", exchanges.take_held, name="take_held"),
    path("exchanges/<uuid:exchange_id>/withdraw/", exchanges.withdraw, name="withdraw"),
    path("exchanges/<uuid:exchange_id>/decline/", exchanges.Decline.as_view(), name="decline"),
    path("exchanges/<uuid:exchange_id>/cancel/", exchanges.Cancel.as_view(), name="cancel"),
    path("exchanges/<uuid:exchange_id>/did-not-happen/", exchanges.NoShow.as_view(), name="no_show"),
    path("exchanges/<uuid:exchange_id>/undo/", exchanges.Undo.as_view(), name="undo"),
    path("exchanges/<uuid:exchange_id>/dispute/", exchanges.AskBroker.as_view(), name="dispute"),
    path("exchanges/<uuid:exchange_id>/statement/", exchanges.Statement.as_view(), name="say"),
    path("exchanges/<uuid:exchange_id>/reverse/", desk.Reverse.as_view(), name="reverse"),
    path("exchanges/<uuid:exchange_id>/decide/", desk.decide, name="decide"),
    path("desk/", include("timebank.desk_urls")),
    path("pots/", pots.Pots.as_view(), name="pots"),
    path("pots/open/", pots.open_name, name="open_pot"),
    path("pots/open/skills/", pots.open_skills, name="open_pot_skills"),
    path("pots/open/hours/", pots.open_hours, name="open_pot_hours"),
    path("pots/<uuid:pot_id>/", pots.pot, name="pot"),
    path("pots/<uuid:pot_id>/tariffs/", tariffs.tariffs, name="tariffs"),
    path("pots/<uuid:pot_id>/give/", pots.give, name="give"),
]
