"""The addresses of the pages."""

from django.urls import URLPattern, path

from dockline.interfaces.web.automations import views as automations
from dockline.interfaces.web.carriers import views as carriers
from dockline.interfaces.web.channels import connect as channel_connect
from dockline.interfaces.web.channels import connectors as channel_connectors
from dockline.interfaces.web.channels import life as channel_life
from dockline.interfaces.web.channels import settings as channel_settings
from dockline.interfaces.web.channels import views as channels
from dockline.interfaces.web.channels import webhooks as channel_webhooks
from dockline.interfaces.web.customers import views as customers
from dockline.interfaces.web.data import views as data
from dockline.interfaces.web.home import views as home
from dockline.interfaces.web.inventory import lots
from dockline.interfaces.web.inventory import views as inventory
from dockline.interfaces.web.issues import views as issues
from dockline.interfaces.web.jump import views as jump
from dockline.interfaces.web.mappings import plans
from dockline.interfaces.web.mappings import views as mappings
from dockline.interfaces.web.orders import changes as order_changes
from dockline.interfaces.web.orders import holds as order_holds
from dockline.interfaces.web.orders import views as orders
from dockline.interfaces.web.organization import views as organization
from dockline.interfaces.web.products import views as products
from dockline.interfaces.web.purchases import deeds as purchase_deeds
from dockline.interfaces.web.purchases import drafts as purchase_drafts
from dockline.interfaces.web.purchases import views as purchases
from dockline.interfaces.web.runs import views as runs
from dockline.interfaces.web.scope import views as scope
from dockline.interfaces.web.shipments import views as shipments
from dockline.interfaces.web.sign_in import views as sign_in
from dockline.interfaces.web.sweeps import views as sweeps

urlpatterns: list[URLPattern] = [
    path("", home.show_home, name="home"),
    path("sign-in/", sign_in.SignIn.as_view(), name="sign-in"),
    path("sign-out/", sign_in.SignOut.as_view(), name="sign-out"),
    path("scope/", scope.choose_scope, name="scope"),
    path("organization/", organization.show_organization, name="organization"),
    path("organization/name/", organization.rename_organization, name="organization-rename"),
    path("organization/accounts/", organization.add_account, name="account-add"),
    path("organization/warehouses/", organization.add_warehouse, name="warehouse-add"),
    path("organization/people/", organization.add_person, name="person-add"),
    path("organization/people/<int:user_id>/", organization.switch_person, name="person-switch"),
    path("organization/keys/", organization.add_key, name="key-add"),
    path("organization/keys/revoke/", organization.revoke_key, name="key-revoke"),
    path("accounts/<int:account_id>/", organization.show_account, name="account"),
    path("accounts/<int:account_id>/change/", organization.change_account, name="account-change"),
    path("accounts/<int:account_id>/warehouses/", organization.set_warehouses, name="account-warehouses"),
    path("accounts/<int:account_id>/buffer/", organization.keep_back, name="account-buffer"),
    path("accounts/<int:account_id>/master/", organization.choose_master, name="account-master"),
    path("jump/", jump.list_places, name="jump"),
    path("orders/", orders.list_orders, name="orders"),
    path("orders/<int:order_id>/", orders.show_order, name="order"),
    path("orders/<int:order_id>/cancel/", orders.cancel_order, name="order-cancel"),
    path("orders/<int:order_id>/change/", order_changes.change_order, name="order-change"),
    path("orders/<int:order_id>/hold/", order_holds.hold_order, name="order-hold"),
    path("shipments/", shipments.list_shipments, name="shipments"),
    path("shipments/<int:shipment_id>/", shipments.show_shipment, name="shipment"),
    path("shipments/<int:shipment_id>/confirm/", shipments.confirm_shipment, name="shipment-confirm"),
    path("inventory/", inventory.list_levels, name="inventory"),
    path("inventory/movements/", inventory.list_movements, name="inventory-movements"),
    path("inventory/lots/", lots.list_lots, name="inventory-lots"),
    path("inventory/lots/recall/", lots.recall, name="lot-recall"),
    path("inventory/drift/", inventory.list_drifts, name="inventory-drift"),
    path("inventory/drift/<int:drift_id>/repair/", inventory.repair_drift, name="drift-repair"),
    path("inventory/drift/<int:drift_id>/accept/", inventory.accept_drift, name="drift-accept"),
    path("inventory/held/<int:channel_id>/", inventory.show_held, name="inventory-held"),
    path("inventory/<int:level_id>/", inventory.show_level, name="level"),
    path("inventory/<int:level_id>/buffer/", inventory.keep_back, name="level-buffer"),
    path("products/", products.list_variants, name="products"),
    path("data/", data.show_data, name="data"),
    path("data/import/", data.plan_import, name="data-plan-new"),
    path("data/import/<int:table_id>/", data.show_plan, name="data-plan"),
    path("data/import/<int:table_id>/report/", data.report_plan, name="data-report"),
    path("data/export/<slug:kind>.csv", data.export_table, name="data-export"),
    path("purchases/", purchases.list_purchases, name="purchases"),
    path("purchases/new/", purchase_drafts.new_purchase, name="purchase-new"),
    path("purchases/<int:purchase_id>/", purchases.show_purchase, name="purchase"),
    path("purchases/<int:purchase_id>/change/", purchase_drafts.edit_purchase, name="purchase-edit"),
    path("purchases/<int:purchase_id>/approve/", purchase_deeds.approve_purchase, name="purchase-approve"),
    path("purchases/<int:purchase_id>/cancel/", purchase_deeds.cancel_purchase, name="purchase-cancel"),
    path("purchases/<int:purchase_id>/close/", purchase_deeds.close_short, name="purchase-close"),
    path("issues/", issues.list_issues, name="issues"),
    path("issues/<int:issue_id>/<slug:name>/", issues.repair_issue, name="issue-repair"),
    path("channels/", channels.list_channels, name="channels"),
    path("channels/connect/", channel_connect.connect, name="channel-connect"),
    path("channels/connectors/", channel_connectors.list_connectors, name="connectors"),
    path("channels/<int:channel_id>/delete/", channel_life.delete_channel, name="channel-delete"),
    path("channels/<int:channel_id>/restore/", channel_life.restore_channel, name="channel-restore"),
    path("channels/<int:channel_id>/disable/", channel_life.disable_channel, name="channel-disable"),
    path("channels/<int:channel_id>/enable/", channel_life.enable_channel, name="channel-enable"),
    path("channels/<int:channel_id>/", channel_settings.show_main, name="channel"),
    path("channels/<int:channel_id>/advanced/", channel_settings.show_advanced, name="channel-advanced"),
    path("channels/<int:channel_id>/settings/", channel_settings.show_settings, name="channel-settings"),
    path("channels/<int:channel_id>/carriers/", mappings.edit_mappings, {"kind": "carriers"}, name="channel-carriers"),
    path("channels/<int:channel_id>/skus/", mappings.edit_mappings, {"kind": "skus"}, name="channel-skus"),
    path(
        "channels/<int:channel_id>/references/",
        mappings.edit_mappings,
        {"kind": "references"},
        name="channel-references",
    ),
    path("channels/<int:channel_id>/carriers/adopt/", mappings.adopt_carrier, name="channel-carriers-adopt"),
    path("channels/<int:channel_id>/<slug:kind>/plan/", plans.plan_import, name="channel-mapping-plan-new"),
    path("channels/<int:channel_id>/<slug:kind>/plan/<int:draft_id>/", plans.show_plan, name="channel-mapping-plan"),
    path(
        "channels/<int:channel_id>/<slug:kind>/plan/<int:draft_id>/report/",
        plans.report_plan,
        name="channel-mapping-report",
    ),
    path("channels/<int:channel_id>/<slug:kind>/export/", plans.export_mappings, name="channel-mapping-export"),
    path("channels/<int:channel_id>/sync/<slug:kind>/", channels.start_sync, name="channel-sync"),
    path("channels/<int:channel_id>/automations/", automations.set_periods, name="channel-automations"),
    path("channels/<int:channel_id>/webhooks/", channel_webhooks.show_webhooks, name="channel-webhooks"),
    path("channels/<int:channel_id>/test/", channels.test_channel, name="channel-test"),
    path("channels/<int:channel_id>/resume/", channels.resume_channel, name="channel-resume"),
    path("automations/", automations.list_automations, name="automations"),
    path("automations/defaults/", automations.set_defaults, name="automations-defaults"),
    path("carriers/", carriers.edit_carriers, name="carriers"),
    path("carriers/import/", carriers.import_carriers, name="carriers-import"),
    path("carriers/export/", carriers.export_carriers, name="carriers-export"),
    path("customers/", customers.list_customers, name="customers"),
    path("customers/new/", customers.add_customer, name="customer-new"),
    path("customers/<int:customer_id>/", customers.show_customer, name="customer"),
    path("customers/<int:customer_id>/change/", customers.change_customer, name="customer-change"),
    path("customers/<int:customer_id>/forget/", customers.forget_customer, name="customer-forget"),
    path("sweeps/", sweeps.list_sweeps, name="sweeps"),
    path("sweeps/ask/", sweeps.ask_sweeps, name="sweeps-ask"),
    path("sweeps/lift/", sweeps.lift_stop, name="sweeps-lift"),
    path("sweeps/<int:finding_id>/<slug:name>/", sweeps.repair_finding, name="finding-repair"),
    path("runs/", runs.list_runs, name="runs"),
    path("runs/<int:run_id>/", runs.show_run, name="run"),
    path("runs/<int:run_id>/stop/", runs.stop_run, name="run-stop"),
    path("runs/<int:run_id>/apply/", runs.apply_plan, name="run-apply"),
    path("runs/<int:run_id>/again/", runs.run_again, name="run-again"),
]
