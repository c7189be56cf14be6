"""The questions that Shopify is asked in GraphQL: named fields alone, and money in what the customer paid with."""

VERSION = "2026-10"
"""A version lives a year. After that Shopify answers with its oldest and says so in a header."""
LINES = 50
"""Lines that come with an order; an order of more is asked for the rest."""

_MONEY = "{ presentmentMoney { amount } }"
_TAXES = f"taxLines {{ title ratePercentage priceSet {_MONEY} }}"
_ADDRESS = "{ firstName lastName company phone address1 address2 zip city provinceCode countryCodeV2 }"
_LINES = f"""
  pageInfo {{ hasNextPage endCursor }}
  nodes {{
    id sku name quantity requiresShipping
    originalTotalSet {_MONEY}
    discountAllocations {{ allocatedAmountSet {_MONEY} }}
    {_TAXES}
  }}
"""
# No `customer` and no `product`: they need rights of their own, and what counts is on the order.
_ORDER = f"""
  id name createdAt updatedAt cancelledAt closedAt email phone
  displayFinancialStatus displayFulfillmentStatus presentmentCurrencyCode customerLocale
  customerAcceptsMarketing taxesIncluded requiresShipping paymentGatewayNames discountCodes
  totalPriceSet {_MONEY}
  totalTaxSet {_MONEY}
  {_TAXES}
  billingAddress {_ADDRESS}
  shippingAddress {_ADDRESS}
  shippingLines(first: 5) {{ nodes {{ title originalPriceSet {_MONEY} discountedPriceSet {_MONEY} {_TAXES} }} }}
  transactions(first: 10) {{ kind status processedAt }}
  fulfillments(first: 10) {{
    id status displayStatus createdAt deliveredAt
    trackingInfo(first: 10) {{ number url company }}
  }}
  refunds(first: 20) {{ id createdAt note totalRefundedSet {_MONEY} }}
  lineItems(first: {LINES}) {{ {_LINES} }}
"""
CHANGED_ORDERS = f"""
query ChangedOrders($first: Int!, $after: String, $filter: String!) {{
  orders(first: $first, after: $after, sortKey: UPDATED_AT, query: $filter) {{
    pageInfo {{ hasNextPage endCursor }}
    nodes {{ {_ORDER} }}
  }}
}}
"""
ONE_ORDER = f"query OneOrder($id: ID!) {{ order(id: $id) {{ {_ORDER} }} }}"
MORE_LINES = f"""
query MoreLines($id: ID!, $after: String!) {{
  order(id: $id) {{ lineItems(first: {LINES}, after: $after) {{ {_LINES} }} }}
}}
"""
RIGHTS = """
query Rights {
  currentAppInstallation { accessScopes { handle } }
  orders(first: 1, sortKey: UPDATED_AT, reverse: true) { nodes { id updatedAt } }
}
"""
